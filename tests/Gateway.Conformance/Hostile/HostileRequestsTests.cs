using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Conformance.Hostile;

/// <summary>
/// Whatever bytes a client sends, a destination sees the requests that the client made and no more, and each user sees responses to own
/// requests. Both sides are judged by parsers that are not the gateway's: node's and h11.
/// </summary>
public sealed class HostileRequestsTests
{
    private const int AtOnce = 24;

    [Fact]
    public async Task Http1_HostileBytes_ReachTheDestinationAsExactlyWhatWasAsked()
    {
        await using var bed = await HostileBed.StartAsync();
        var problems = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, HostileBed.Cases),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (number, cancel) =>
        {
            var generator = new Http1Generator(HostileBed.Seed + number);
            var cluster = number % 2 == 0 ? "clear" : "tls";
            string id = Id(number * 2), next = Id((number * 2) + 1);
            var text = generator.Next(cluster, id);
            bed.Announce(id, text);
            bed.Announce(next, text);
            var read = await ExchangeAsync(bed.Gateway.Port, text + Http1Generator.Follower(cluster, next), cancel);
            foreach (var foreign in HostileBed.Foreign(read, id, next))
            {
                problems.Add($"{foreign} reached the user of {id}: {HostileBed.Escape(read)}");
            }
        });

        await AssertAsync(bed, problems);
    }

    [Fact]
    public async Task Http2_HostileFields_ReachTheDestinationAsExactlyWhatWasAsked()
    {
        await using var bed = await HostileBed.StartAsync();
        var problems = new ConcurrentBag<string>();
        var wires = new ConcurrentBag<RawHttp2Client>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, HostileBed.Cases),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (number, cancel) =>
        {
            var id = Id(number);
            var request = new Http2Generator(HostileBed.Seed + number).Next(number % 2 == 0 ? "clear" : "tls", id);
            bed.Announce(id, string.Join('\n', request.Fields) + "\n" + request.Body + request.Trailers?[0]);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(TimeSpan.FromSeconds(3));
            if (!wires.TryTake(out var wire))
            {
                wire = await RawHttp2Client.ConnectAsync(bed.Gateway.TlsUrl);
            }

            wire.Cancel = patience.Token;
            var response = await wire.AskAsync(
                request.Fields,
                request.Body is null ? null : Generator.Bytes(request.Body),
                request.Trailers);
            foreach (var foreign in HostileBed.Foreign(response.Body, id))
            {
                problems.Add($"{foreign} reached the user of {id}");
            }

            if (wire.IsOpen)
            {
                wires.Add(wire);
            }
            else
            {
                await wire.DisposeAsync();
            }
        });

        foreach (var wire in wires)
        {
            await wire.DisposeAsync();
        }

        await AssertAsync(bed, problems);
    }

    private static string Id(int number) => "ID" + (1_000_000 + number).ToString(CultureInfo.InvariantCulture);

    private static async Task AssertAsync(HostileBed bed, ConcurrentBag<string> problems)
    {
        Assert.True(bed.Gateway.IsRunning, bed.Gateway.Output);
        Assert.Equal("up", await bed.Gateway.HealthAsync("clear", TestContext.Current.CancellationToken));
        var judged = await bed.JudgeAsync(TestContext.Current.CancellationToken);
        string[] all = [.. problems, .. judged];
        Assert.True(
            all.Length == 0,
            $"{all.Length} problems from seed {HostileBed.Seed}, the first of them:\n{string.Join('\n', all.Take(12))}");
    }

    private static async Task<string> ExchangeAsync(int port, string text, CancellationToken cancel)
    {
        var read = new StringBuilder();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(1.5));
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port, cancel);
            var stream = client.GetStream();
            await stream.WriteAsync(Generator.Bytes(text), cancel);
            var buffer = new byte[8192];
            while (await stream.ReadAsync(buffer, patience.Token) is var count and > 0)
            {
                read.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }
        }
        catch (Exception error) when ((error is IOException or SocketException or OperationCanceledException)
            && !cancel.IsCancellationRequested)
        {
            // Refused by a reset, or waiting for a body that never comes: the case is over.
        }

        return read.ToString();
    }
}
