using System.Collections.Concurrent;
using System.Net.Sockets;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;
using Gateway.Health.Model;
using Gateway.Health.Signals;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Health.Signals;

/// <summary>Invalid pages of metrics: the log says once why, and repeats nothing of what a destination sent.</summary>
[Trait("kind", "socket")]
public sealed class MetricsReaderTests
{
    private const string Evil = "<script>\u001b[31m";

    [Theory]
    [InlineData("HTTP/1.1 " + Evil + "\r\n\r\n", "cannot be read: InvalidResponse.")]
    [InlineData("HTTP/1.1 200 OK\r\n" + Evil + "\r\n\r\n", "cannot be read: InvalidResponse.")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: " + Evil + "\r\n\r\n", "say nothing that signal 'hot' looks for")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + Evil + "\r\n", "cannot be read: InvalidResponse.")]
    [InlineData("HTTP/1.1 302 " + Evil + "\r\nLocation: /x\r\n\r\n", "cannot be read: status 302.")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + Evil, "cannot be read: it is compressed, which was not asked for.")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n2,001 series", "cannot be read: more than 2,000 series of the metrics that signals name.")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n5 MiB", "cannot be read: more than 4 MiB.")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n" + Evil, "say nothing that signal 'hot' looks for")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"" + Evil + "\":1}", "say nothing that signal 'hot' looks for")]
    public async Task Page_Invalid_IsUnknownAndTheLogSaysWhy(string response, string says)
    {
        response = response.Replace("5 MiB", new string('x', 5 * 1024 * 1024), StringComparison.Ordinal).Replace(
            "2,001 series",
            string.Concat(Enumerable.Repeat("cpu 1\n", PrometheusReader.MostSamples + 1)),
            StringComparison.Ordinal);
        await using var server = new RawServer();
        server.Behaviour = server.Raw(response, static (socket, _) =>
        {
            socket.Shutdown(SocketShutdown.Send);
            return Task.CompletedTask;
        });
        var signal = new SignalConfig
        {
            Name = "hot",
            Metrics = "/metrics",
            Every = TimeSpan.FromMilliseconds(500),
            When = SignalConditionText.Parse("cpu > 0.9", out _),
            Then = SignalEffect.Drain,
        };
        var log = new CollectedLog();
        var readings = new ConcurrentQueue<SignalReading>();
        var reader = new MetricsReader(
            new Destination("guide", "primary", "a", server.Url), [signal], readings.Enqueue, TimeProvider.System, log);
        using var stop = new CancellationTokenSource();
        var running = reader.RunAsync(stop.Token);
        await Eventually.BeTrueAsync(
            () => readings.Count > 3 && log.Lines.Any(static line => !line.Contains("too long", StringComparison.Ordinal)),
            TimeSpan.FromSeconds(60),
            "the page was read");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Assert.True(log.Lines.Any(line => line.Contains(says, StringComparison.Ordinal)), string.Join('\n', log.Lines));
        Assert.DoesNotContain(log.Lines, static line => line.Contains("script", StringComparison.Ordinal) || line.Contains('\u001b'));
        Assert.All(readings, static reading => Assert.Equal(SignalState.Unknown, reading.State));
    }
}
