using Gateway.Failover.Recording;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Failover.Recording;

/// <summary>A whole gateway records into its state folder.</summary>
[Trait("kind", "socket")]
public sealed class RecordingOfAGatewayTests
{
    [Fact]
    public async Task Gateway_RecordsIntoItsStateFolder_AndGivesTheLastSeconds()
    {
        await using var upstream = new RawServer();
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([upstream.Url.GetLeftPart(UriPartial.Authority)]));
        using var client = new HttpClient();
        var text = "";
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                text = await client.GetStringAsync(
                    new Uri(gateway.AdminUrl, "/forecast/recording"), TestContext.Current.CancellationToken);
                return text.Contains("\"probe\":", StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(20),
            "a second with a probe was recorded");

        Assert.All(
            text.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            static line => Assert.Contains("\"guide\"", line, StringComparison.Ordinal));
        var folder = Path.Combine(Path.GetDirectoryName(gateway.ConfigFile)!, "state", "recording");
        var first = RecordingFiles.Read(Assert.Single(RecordingFiles.Of(folder))).First();
        Assert.True(first.Checkpoint is { IsStart: true });
        Assert.Equal("guide", first.Checkpoint.Config.Clusters[0].Name);
    }
}
