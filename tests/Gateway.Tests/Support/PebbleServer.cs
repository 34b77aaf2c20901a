using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Drills.Processes;
using Xunit;

namespace Gateway.Tests.Support;

/// <summary>
/// Pebble, the test authority of Let's Encrypt, on free ports: it validates names as a real one does, refuses one good nonce of seven, and
/// asks a name server of the test. It knows every name below <c>test</c> as 127.0.0.1.
/// </summary>
internal sealed class PebbleServer : IAsyncDisposable
{
    private const string Program = "/usr/bin/pebble";

    private readonly string _folder;
    private readonly DnsServer _names;
    private readonly ChildProcess _process;
    private readonly int _port = FreePorts.Next();
    private readonly int _managementPort = FreePorts.Next();

    private PebbleServer(string folder, DnsServer names)
    {
        _folder = folder;
        _names = names;
        _process = new ChildProcess(
            "pebble",
            Program,
            ["-config", Path.Combine(folder, "pebble.json"), "-strict", "-dnsserver", names.Address.ToString()],
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["PEBBLE_VA_NOSLEEP"] = "1",
                ["PEBBLE_WFE_NONCEREJECT"] = "15",
                ["PEBBLE_AUTHZREUSE"] = "0",
            });
    }

    /// <summary>The port that it validates HTTP-01 at, as a real one does at 80.</summary>
    public int HttpPort { get; } = FreePorts.Next();

    /// <summary>The port that it validates TLS-ALPN-01 at, as a real one does at 443.</summary>
    public int TlsPort { get; } = FreePorts.Next();

    /// <summary>Its directory.</summary>
    public string Directory => string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{_port}/dir");

    /// <summary>What the certificate of its own server comes from.</summary>
    public string Ca => Path.Combine(_folder, "pebble.pem");

    /// <summary>What it says.</summary>
    public string Output => _process.Output;

    /// <summary>Starts one; the test is skipped where Pebble is not installed.</summary>
    /// <param name="hosts">Names that resolve to 127.0.0.1.</param>
    public static async Task<PebbleServer> StartAsync(params string[] hosts)
    {
        Assert.SkipUnless(File.Exists(Program), "Pebble is not installed: Debian's package is \"pebble\".");
        var names = new DnsServer { Records = [.. hosts.Select(static host => DnsServer.AddressOf(host, "127.0.0.1"))] };
        var pebble = new PebbleServer(System.IO.Directory.CreateTempSubdirectory("gateway-pebble-").FullName, names);
        var own = Certificates.Create("127.0.0.1", "127.0.0.1");
        await File.WriteAllTextAsync(pebble.Ca, own.Certificate);
        await File.WriteAllTextAsync(Path.Combine(pebble._folder, "pebble.key"), own.Key);
        await File.WriteAllTextAsync(Path.Combine(pebble._folder, "pebble.json"), $$"""
            { "pebble": {
              "listenAddress": "127.0.0.1:{{pebble._port}}", "managementListenAddress": "127.0.0.1:{{pebble._managementPort}}",
              "certificate": "{{pebble.Ca}}", "privateKey": "{{pebble._folder}}/pebble.key",
              "httpPort": {{pebble.HttpPort}}, "tlsPort": {{pebble.TlsPort}},
              "ocspResponderURL": "", "externalAccountBindingRequired": false } }
            """);
        await pebble._process.StartAsync(TestContext.Current.CancellationToken);
        using var client = pebble.Client();
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                Assert.True(pebble._process.IsRunning, pebble._process.Output);
                try
                {
                    using var response = await client.GetAsync(new Uri(pebble.Directory));
                    return response.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    // It does not listen yet.
                    return false;
                }
            },
            TimeSpan.FromSeconds(20),
            "pebble answers");
        return pebble;
    }

    /// <summary>The root that its certificates come from.</summary>
    public async Task<X509Certificate2> RootAsync()
    {
        using var client = Client();
        return X509Certificate2.CreateFromPem(await client.GetStringAsync(
            new Uri(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{_managementPort}/roots/0"))));
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await _names.DisposeAsync();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    private HttpClient Client() => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = Gateway.Configuration.Values.PemFiles.Trusting(
                [X509Certificate2.CreateFromPem(File.ReadAllText(Ca))]),
        },
    });
}
