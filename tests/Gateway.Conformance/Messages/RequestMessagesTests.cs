using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Conformance.Hostile;
using Xunit;

namespace Gateway.Conformance.Messages;

/// <summary>
/// Requests of HTTP/1, byte by byte, to a destination in clear and one over TLS: what reaches it, and what the client reads.
/// </summary>
public sealed partial class RequestMessagesTests(MessagesBed bed) : IClassFixture<MessagesBed>
{
    private static int _last = 5_000_000;

    /// <summary>The table, for each transport.</summary>
    public static TheoryData<string, string> Rows()
    {
        var rows = new TheoryData<string, string>();
        foreach (var row in RequestTable.All)
        {
            rows.Add("clear", row.Name);
            rows.Add("tls", row.Name);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Request_OnTheWire_ComesToWhatTheTableSays(string cluster, string name)
    {
        var messages = bed.Bed;
        var row = RequestTable.All.Single(one => one.Name == name);
        string id = NextId(), next = NextId();

        var read = await ExchangeAsync(messages.Gateway.Port, row.Text.Replace("PATH", $"/{cluster}/{id}", StringComparison.Ordinal)
            + $"GET /{cluster}/{next} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n");

        Assert.True(
            string.Join(' ', StatusLine().Matches(read).Select(match => match.Groups["status"].Value)) == row.Statuses,
            $"Not {row.Statuses}: {read}");
        var reached = await messages.RecordedAsync(id, TestContext.Current.CancellationToken);
        Assert.Equal(row.Reached is null ? 0 : 1, reached.Count);
        row.Reached?.Invoke(reached[0]);
        Assert.Empty(await messages.RecordedAsync(Generator.Smuggled, TestContext.Current.CancellationToken));
        Assert.Equal(
            row.Statuses.Contains(' ', StringComparison.Ordinal) ? 1 : 0,
            (await messages.RecordedAsync(next, TestContext.Current.CancellationToken)).Count);
    }

    /// <summary>RFC 9112, section 9.3.2: requests that were sent before a response came are answered in their order.</summary>
    [Theory]
    [InlineData("clear")]
    [InlineData("tls")]
    public async Task Pipeline_OfTwentyRequests_IsAnsweredInOrder(string cluster)
    {
        string[] ids = [.. Enumerable.Range(0, 20).Select(_ => NextId())];
        var requests = ids.Select((id, i) => (i % 3) switch
        {
            0 => $"GET /{cluster}/{id} HTTP/1.1\r\nHost: a\r\n\r\n",
            1 => $"POST /{cluster}/{id} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
            _ => $"POST /{cluster}/{id} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        });

        var read = await ExchangeAsync(bed.Bed.Gateway.Port, string.Concat(requests)
            + "GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        Assert.Equal(ids, Ids().Matches(read).Select(match => match.Value));
    }

    private static string NextId() => "ID" + Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture);

    private static async Task<string> ExchangeAsync(int port, string text)
    {
        var read = new StringBuilder();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port, patience.Token);
            var stream = client.GetStream();
            await stream.WriteAsync(Generator.Bytes(text), patience.Token);
            var buffer = new byte[16_384];
            while (await stream.ReadAsync(buffer, patience.Token) is var count and > 0)
            {
                read.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // Refused, with bytes behind that were not read: a reset.
        }

        return read.ToString();
    }

    [GeneratedRegex("HTTP/1\\.[01] (?<status>[0-9]{3}) ", RegexOptions.CultureInvariant
        | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex StatusLine();

    [GeneratedRegex("ID[0-9]+", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Ids();
}
