using Gateway.Conformance.Support;
using Xunit;

namespace Gateway.Conformance.RealClients;

/// <summary>curl with each version of HTTP reads what it reads from the service itself.</summary>
public sealed class CurlTests(RealClientsBed bed) : IClassFixture<RealClientsBed>
{
    private static readonly Dictionary<string, string[]> Versions = new(StringComparer.Ordinal)
    {
        ["1.0"] = ["--http1.0"],
        ["1.1"] = ["--http1.1"],
        ["1.1 with an offer of h2c"] = ["--http2"],
        ["TLS, 1.0"] = ["--http1.0"],
        ["TLS, 1.0 without ALPN"] = ["--http1.0", "--no-alpn"],
        ["TLS, 1.1"] = ["--http1.1"],
        ["TLS, 2"] = ["--http2"],
    };

    private static readonly Dictionary<string, (string Path, string[] Arguments)> Requests = new(StringComparer.Ordinal)
    {
        ["page"] = ("page", []),
        ["page, compressed"] = ("page", ["--compressed"]),
        ["HEAD"] = ("page", ["-I"]),
        ["range"] = ("page", ["-r", "100-70000"]),
        ["pieces"] = ("pieces", []),
        ["not modified"] = ("page", ["-H", "If-None-Match: \"page\""]),
        ["404"] = ("absent", []),
        ["redirect, followed"] = ("redirect", ["-L"]),
        ["POST"] = ("echo", ["-d", "a=b"]),
        ["POST of nothing"] = ("echo", ["-d", ""]),
        ["POST of 1.5 MB, which curl announces"] = ("echo", ["--data-binary", "@FILE"]),
        ["POST of 1.5 MB with Expect: 100-continue"] = ("echo", ["-H", "Expect: 100-continue", "--data-binary", "@FILE"]),
        ["POST of 1.5 MB in chunks"] = ("echo", ["-H", "Transfer-Encoding: chunked", "--data-binary", "@FILE"]),
        ["POST of a form with a file"] = ("count?form", ["-F", "a=b", "-F", "file=@FILE"]),
        ["PUT of a file"] = ("echo", ["-T", "FILE"]),
        ["PUT without body"] = ("echo", ["-X", "PUT"]),
        ["DELETE"] = ("echo", ["-X", "DELETE"]),
        ["PATCH"] = ("echo", ["-X", "PATCH", "-d", "{}", "-H", "Content-Type: application/merge-patch+json"]),
        ["OPTIONS"] = ("echo", ["-X", "OPTIONS"]),
        ["a method of one's own"] = ("echo", ["-X", "PROPFIND"]),
        ["twenty pages on a connection"] = ("page?[1-20]", []),
    };

    /// <summary>Each request with each version; HTTP/1.0 has no chunks.</summary>
    public static TheoryData<string, string> Rows()
    {
        var rows = new TheoryData<string, string>();
        foreach (var version in Versions.Keys)
        {
            foreach (var request in Requests.Keys.Where(request => !version.Contains("1.0", StringComparison.Ordinal)
                || !request.EndsWith("in chunks", StringComparison.Ordinal)))
            {
                rows.Add(version, request);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Curl_ThroughTheGateway_ReadsTheSame(string version, string request)
    {
        bed.Need();
        var curl = Tools.Need("curl");
        var (path, arguments) = Requests[request];
        var file = Path.Combine(bed.Folder, "upload-" + Guid.NewGuid().ToString("N"));
        await File.WriteAllBytesAsync(file, new byte[1_500_000], TestContext.Current.CancellationToken);

        // Two forms have two boundaries, and with them two hashes: the service only counts them.
        var direct = request.Contains("form", StringComparison.Ordinal)
            ? null
            : await ReadAsync(curl, ["--http1.1", .. arguments], bed.DirectUrl, path, file);
        var through = await ReadAsync(curl,
        [
            .. Versions[version],
            .. arguments
        ], version.StartsWith("TLS", StringComparison.Ordinal) ? bed.TlsUrl : bed.ClearUrl, path, file);

        Assert.Equal(0, through.ExitCode);
        if (direct is null)
        {
            Assert.Contains("|200|", through.Text, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(direct.Text, through.Text);
        }
    }

    private async Task<CommandOutput> ReadAsync(string curl, string[] arguments, string url, string path, string file)
    {
        var head = arguments.Contains("-I");
        var output = await Command.RunAsync(curl,
            ["-s", "-m", "30", "--cacert", bed.AuthorityFile, "-w", "|%{http_code}|%{content_type}|%header{etag}|%header{content-range}\n",
            .. head
                ? ["-o", "/dev/null"]
                : Array.Empty<string>(), .. arguments.Select(argument => argument.Replace("FILE", file, StringComparison.Ordinal)),
                $"{url}/service/{path}"],
            cancel: TestContext.Current.CancellationToken);
        return output;
    }
}
