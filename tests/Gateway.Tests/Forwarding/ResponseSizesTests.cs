using System.Globalization;
using System.Net;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>
/// Responses of every size around the limits of buffers reach a user whole, from nginx, by every way that a response can take.
/// </summary>
[Trait("kind", "server")]
public sealed class ResponseSizesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Around the smallest and the largest piece of a copy, a connection's first buffer, <c>responseBuffer</c>, and far beyond.
    /// </summary>
    private static readonly int[] Sizes =
        [0, 1, 4095, 4096, 4097, 8191, 8192, 8193, 65_535, 65_536, 65_537, 69_631, 69_632, 69_633, 102_000, 131_071, 131_072, 131_073,
        1_048_576, 5_000_000];

    public static TheoryData<string, string, string> Ways()
    {
        var ways = new TheoryData<string, string, string>();
        foreach (var version in (string[])["1.1", "2.0"])
        {
            foreach (var method in (string[])["GET", "POST", "DELETE"])
            {
                foreach (var framing in (string[])["length", "chunked"])
                {
                    ways.Add(version, method, framing);
                }
            }
        }

        return ways;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Response_OfAnySize_ArrivesWhole(string version, string method, string framing)
    {
        var files = Sizes.ToDictionary(static size => size.ToString(CultureInfo.InvariantCulture), static size => Content(size));
        // A static file answers GET alone; error_page turns the refusal of other methods into the file. The filter takes the length away.
        await using var nginx = await NginxServer.StartAsync(files, server: framing == "length"
            ? "error_page 405 =200 $uri;"
            : "error_page 405 =200 $uri; ssi on; ssi_types *; ssi_last_modified on;");
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([nginx.Url]));
        using var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true }
        })
        {
            BaseAddress = gateway.Url,
            DefaultRequestVersion = Version.Parse(version),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Patience,
        };

        foreach (var size in Sizes)
        {
            using var request = new HttpRequestMessage(HttpMethod.Parse(method), size.ToString(CultureInfo.InvariantCulture))
            {
                Version = client.DefaultRequestVersion,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = method == "POST" ? new StringContent("body") : null,
            };
            using var response = await client.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                TestContext.Current.CancellationToken);

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken).WaitAsync(
                Patience,
                TimeProvider.System,
                TestContext.Current.CancellationToken);
            Assert.True(body.AsSpan().SequenceEqual(Content(size)), $"{body.Length} bytes of {size} came, or others.");
        }
    }

    private static byte[] Content(int size)
    {
        var content = new byte[size];
        for (var i = 0; i < size; i++)
        {
            content[i] = (byte)('a' + (i % 26));
        }

        return content;
    }
}
