using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Drills.Processes;
using Gateway.Server;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Server;

[Trait("kind", "process")]
public class DescriptorsTests
{
    [Theory]
    [InlineData(65_536L, 200L, 32_498)]
    [InlineData(700L, 200L, 80)]
    [InlineData(700L, 300L, 40)]
    [InlineData(100L, 90L, 16)]
    [InlineData(null, 0L, int.MaxValue)]
    public void Limit_IsDividedBetweenUsersAndDestinations_WithARest(long? limit, long open, int each)
    {
        var descriptors = new FileDescriptorBudget(limit, open, new ManualTime());

        Assert.Equal((each, each), (descriptors.Users.Most, descriptors.Destinations.Most));
        Assert.Equal(each < 10_000, descriptors.Warning(10_000) is not null);
    }

    [Fact]
    public void Alarm_WhateverIsUsedUp_SaysItForAWhile()
    {
        var time = new ManualTime();
        var descriptors = new FileDescriptorBudget(552, 0, time);
        Assert.Null(descriptors.Alarm(null));

        for (var i = 0; i < 16; i++)
        {
            Assert.True(descriptors.Users.TryTake());
            Assert.True(descriptors.Destinations.TryTake());
        }

        Assert.Null(descriptors.Alarm(null));
        Assert.False(descriptors.Destinations.TryTake());
        Assert.StartsWith(
            "16 connections to destinations are open, as many as 552 file descriptors allow",
            descriptors.Alarm(null),
            StringComparison.Ordinal);
        Assert.False(descriptors.Users.TryTake());
        Assert.StartsWith(
            "16 connections of users are open, as many as 552 file descriptors allow: new ones wait",
            descriptors.Alarm(null),
            StringComparison.Ordinal);
        Assert.StartsWith("The process has no file descriptors left", descriptors.Alarm(TimeSpan.FromSeconds(1)), StringComparison.Ordinal);

        descriptors.Users.Return();
        Assert.True(descriptors.Users.TryTake());
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.Null(descriptors.Alarm(TimeSpan.FromSeconds(11)));
    }

    /// <summary>
    /// More users than the process may have file descriptors for. Without bounds it reached nobody, ejected every destination for that, and
    /// ended: the runtime does not survive it.
    /// </summary>
    [Fact]
    public async Task Users_MoreThanDescriptors_WaitAndAreServed()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var bed = await TestBed.StartAsync(
            new TestBedOptions { Primaries = 1, Standbys = 1, GatewayBefore = ["prlimit", "--nofile=700:700"] },
            cancel);
        using var operators = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(bed.Gateway.AdminUrl) };
        var clients = new List<RawClient>();
        try
        {
            for (var i = 0; i < 300; i++)
            {
                var client = await RawClient.ConnectAsync(new Uri(bed.Gateway.Url));
                clients.Add(client);
                await client.SendAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"GET /api/guide/recommend?user=u{i} HTTP/1.1\r\nHost: a\r\n\r\n"));
            }

            await Eventually.BecomeTrueAsync(
                async () => (await operators.GetStringAsync("/status", cancel)).Contains(
                    "connections of users are open, as many as 700 file descriptors allow",
                    StringComparison.Ordinal), TimeSpan.FromSeconds(20), "the status says what is wrong");
            var cpu = bed.Gateway.Figures.Cpu;
            // Two probes of everybody and more.
            await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, cancel);
            // Asking for the next client again and again without a pause would take a core from all others.
            Assert.InRange((bed.Gateway.Figures.Cpu - cpu).TotalSeconds, 0, 2);
            Assert.Empty(LostByUs(await operators.GetFromJsonAsync<JsonElement>("/status", cancel)));

            // Each one that leaves makes room for one who waits.
            foreach (var client in clients)
            {
                Assert.Equal(200, (await client.ReadAsync()).Status);
                await client.DisposeAsync();
            }

            Assert.True(await bed.Gateway.IsReadyAsync(cancel));
        }
        finally
        {
            foreach (var client in clients)
            {
                await client.DisposeAsync();
            }
        }
    }

    /// <summary>
    /// Destinations that are lost for another reason than that they were slow: beside other tests this machine may well starve them.
    /// </summary>
    private static string[] LostByUs(JsonElement status) =>
    [
        .. from cluster in status.GetProperty("clusters").EnumerateArray()
           from tier in cluster.GetProperty("tiers").EnumerateArray()
           from destination in tier.GetProperty("destinations").EnumerateArray()
           let why = destination.GetProperty("why").GetString()!
           where destination.GetProperty("healthStatus").GetString() is "down" or "ejected"
               && !why.Contains("no response after", StringComparison.Ordinal)
               && !why.Contains("timed out", StringComparison.Ordinal)
           select why,
    ];
}
