using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Gateway.Conformance.Hostile;
using Gateway.Conformance.Support;
using Xunit;

namespace Gateway.Conformance.Messages;

/// <summary>Responses of HTTP/1, byte by byte, from a destination in clear and one over TLS, to users of HTTP/1.1 and HTTP/2.</summary>
public sealed class ResponseMessagesTests(ResponsesBed bed) : IClassFixture<ResponsesBed>
{
    /// <summary>The table, for each transport and user.</summary>
    public static TheoryData<string, string, string> Rows()
    {
        var rows = new TheoryData<string, string, string>();
        foreach (var row in ResponseTable.All)
        {
            foreach (var transport in ResponsesBed.Transports)
            {
                foreach (var user in ResponsesBed.Users)
                {
                    rows.Add(transport, user, row.Name);
                }
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Response_OnTheWire_ComesToWhatTheTableSays(string transport, string user, string name)
    {
        var (row, index) = ResponseTable.All.Select((one, i) => (one, i)).Single(one => one.one.Name == name);

        var read = bed.Read(transport, user, index);

        var isOurs = read.Headers.Any(line => line.Name.Equals("X-Fallback", StringComparison.OrdinalIgnoreCase));
        Assert.True(row.Status == 0 ? isOurs && read.Status >= 500 : read.Status == row.Status && !isOurs, $"{read}");
        Assert.DoesNotContain(read.Headers, line => row.Without.Contains(line.Name, StringComparer.OrdinalIgnoreCase));
        Assert.Equal(row.IsCut, read.Error is not null);
        if (row.Status != 0 && !(row.IsCut && user == "http2"))
        {
            Assert.Equal((row.Body.Length, Sha1(row.Body)), (read.Length, read.Hash));
        }
        else if (row.IsCut)
        {
            // node throws away what it has not handed on when a stream is reset.
            Assert.InRange(read.Length, 0, row.Body.Length);
        }
    }

    /// <summary>RFC 9112, section 7: a client of HTTP/1.0 knows no chunks, and reads up to the close.</summary>
    [Theory]
    [InlineData("h1")]
    [InlineData("tls1")]
    public async Task Response_ToHttp10_HasNoChunks(string transport)
    {
        foreach (var (row, index) in ResponseTable.All.Select((one, i) => (one, i)).Where(one => one.one is { Status: 200, IsCut: false }))
        {
            var read = await AskByHttp10Async(string.Create(CultureInfo.InvariantCulture, $"/{transport}/{index}"));

            var end = read.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            Assert.True(end > 0 && read.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal), $"{row.Name}: {read}");
            Assert.DoesNotContain("chunked", read[..end], StringComparison.OrdinalIgnoreCase);
            Assert.True(read[(end + 4)..] == row.Body, $"{row.Name}: {read}");
        }
    }

    private async Task<string> AskByHttp10Async(string path)
    {
        Tools.Need("node");
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", bed.Gateway.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(Generator.Bytes($"GET {path} HTTP/1.0\r\n\r\n"), TestContext.Current.CancellationToken);
        var all = new MemoryStream();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        await stream.CopyToAsync(all, patience.Token);
        return Encoding.Latin1.GetString(all.ToArray());
    }

    private static string Sha1(string text) => Convert.ToHexStringLower(SHA1.HashData(Encoding.Latin1.GetBytes(text)));
}
