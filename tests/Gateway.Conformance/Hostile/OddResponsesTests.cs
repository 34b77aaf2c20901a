using System.Globalization;
using Gateway.Conformance.Support;
using Xunit;

namespace Gateway.Conformance.Hostile;

/// <summary>
/// A destination answers with odd bytes: each user gets a response that is well formed and its own, a clean refusal of the gateway, or a
/// visible break; never another user's bytes, and never what stood behind a response's end.
/// </summary>
public sealed class OddResponsesTests
{
    [Fact]
    public async Task Response_OfOddBytes_NeverReachesAUserAsSomethingElse()
    {
        Tools.Need("node");
        await using var origin = new OddOrigin();
        using var folder = new TestFolder();
        var authority = new Authority(folder.Path);
        await using var gateway = await GatewayBed.StartAsync(folder, authority,
        [
            // An odd response costs its request one attempt; what is waited for in vain, a second.
            new(
                "odd",
                $"http://127.0.0.1:{origin.Port}",
                "attempts: { max: 1, hedge: \"off\" }\ntimeouts: { firstByte: 1s, idle: 1s, total: 3s }\npassive: { consecutiveFailures: "
                    + "1000, failureRatio: 100%, minimumRequests: 1000000, ejectFor: 100ms, maxEjectFor: 100ms }"),
        ], TestContext.Current.CancellationToken);
        var targets = new Dictionary<string, BatchTarget>(StringComparer.Ordinal)
        {
            ["http1"] = new("h1", Tls: false, gateway.Port),
            ["http2"] = new("h2", Tls: true, gateway.TlsPort)
        };
        var requests = Enumerable.Range(0, HostileBed.Cases).Select(number =>
        {
            var id = "ID" + (1_000_000 + number).ToString(CultureInfo.InvariantCulture);
            var isWrite = number % 3 == 0;
            return new BatchRequest(
                id,
                number % 2 == 0 ? "http1" : "http2",
                isWrite ? "POST" : "GET",
                $"/odd/{id}",
                new Dictionary<string, string>(StringComparer.Ordinal),
                isWrite ? 200 : 0,
                Text: true);
        }).ToArray();

        var readings = await Batch.RunAsync(
            targets,
            requests,
            timeout: TimeSpan.FromSeconds(20),
            cancel: TestContext.Current.CancellationToken);

        var problems =
            readings.Values.SelectMany(reading =>
                Judge(reading).Select(problem =>
                    $"{problem}\n    response: {HostileBed.Escape(OddOrigin.ResponseTo(reading.Id).Bytes)}")).ToArray();
        Assert.True(gateway.IsRunning, gateway.Output);
        Assert.True(
            problems.Length == 0,
            $"{problems.Length} problems from seed {HostileBed.Seed}, the first of them:\n{string.Join('\n', problems.Take(12))}");
    }

    private static IEnumerable<string> Judge(Reading reading)
    {
        var all = string.Join('\n', reading.Headers.Concat(reading.Trailers).Select(line => line.Name + ": " + line.Value))
            + "\n"
            + reading.Text;
        foreach (var foreign in HostileBed.Foreign(all, reading.Id))
        {
            yield return $"the user of {reading.Id} got {foreign}";
        }

        if (all.Contains(OddOrigin.Poison, StringComparison.OrdinalIgnoreCase))
        {
            yield return $"the user of {reading.Id} got what stood behind a response's end: {HostileBed.Escape(all)}";
        }

        if (reading.Error is { } error
            && (error.StartsWith("HPE", StringComparison.Ordinal)
                || error.StartsWith("no end", StringComparison.Ordinal)
                || error.Contains("PROTOCOL_ERROR", StringComparison.Ordinal)))
        {
            yield return $"the user of {reading.Id} got no response that can be read: {error}";
        }

        var isOurs = reading.Headers.Any(line => line.Name.Equals("X-Fallback", StringComparison.OrdinalIgnoreCase));
        if (reading is { Error: null, Status: 200 } && !isOurs && reading.Text.Length > 0 && !reading.Text.StartsWith("body of "
            + reading.Id, StringComparison.Ordinal) && !("body of " + reading.Id).StartsWith(reading.Text, StringComparison.Ordinal)
            && !OddOrigin.ResponseTo(reading.Id).Bytes.EndsWith(reading.Text, StringComparison.Ordinal))
        {
            yield return $"the user of {reading.Id} got something else: {HostileBed.Escape(reading.Text)}";
        }
    }
}
