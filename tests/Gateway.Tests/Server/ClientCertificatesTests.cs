using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Server;

/// <summary><c>listen[].clientCertificates</c>: who may shake hands, and what destinations hear of it.</summary>
[Trait("kind", "socket")]
public sealed class ClientCertificatesTests : IDisposable
{
    private readonly PrivateAuthority _authority = new("users");
    private readonly PrivateAuthority _other = new("other");

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }

    [Theory]
    [InlineData("require", "good", true, true)]
    [InlineData("require", "none", false, false)]
    [InlineData("require", "other authority", false, false)]
    [InlineData("require", "ended", false, false)]
    [InlineData("optional", "good", true, true)]
    [InlineData("optional", "none", true, false)]
    [InlineData("optional", "other authority", false, false)]
    [InlineData("optional", "ended", false, false)]
    public async Task Client_WithACertificate_IsServedOrRefused(string mode, string which, bool served, bool handedOver)
    {
        foreach (var version in new[] { "1.1", "2.0" })
        {
            await using var guide = new ScriptedUpstream();
            await using var gateway = await StartAsync(guide, mode);
            using var certificate = CertificateOf(which);
            using var client = Client(gateway, certificate, version);

            if (!served)
            {
                await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(client));
                Assert.Empty(guide.Requests);
                continue;
            }

            Assert.Equal(200, await AskAsync(client));
            string[] expected = handedOver ? [$":{Convert.ToBase64String(certificate!.RawData)}:"] : [];
            Assert.Equal(expected, guide.Last.Header("Client-Cert"));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("trustedProxies: [ 127.0.0.0/8 ]")]
    public async Task Header_OfAClient_IsNeverBelieved(string trusted)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(guide, "optional", trusted);
        foreach (var which in new[] { "good", "none" })
        {
            using var certificate = CertificateOf(which);
            using var client = Client(gateway, certificate, "1.1");

            Assert.Equal(
                200,
                await AskAsync(
                    client,
                    ("Client-Cert", ":Zm9yZ2Vk:"),
                    ("client-cert", ":Zm9yZ2Vk:"),
                    ("Client-Cert-Chain", ":Zm9yZ2Vk:"),
                    ("Client_Cert", ":Zm9yZ2Vk:")));

            Assert.DoesNotContain(":Zm9yZ2Vk:", guide.Last.Head, StringComparison.Ordinal);
            Assert.Equal(certificate is null ? 0 : 1, guide.Last.Header("Client-Cert").Length);
        }
    }

    [Fact]
    public async Task Authorities_Renewed_NewHandshakesFollow()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(guide, "require");
        using var certificate = _other.Issue("user");
        using (var early = Client(gateway, certificate, "1.1"))
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(early));
        }

        await File.WriteAllTextAsync(gateway.PathOf("users.pem"), _other.Pem, TestContext.Current.CancellationToken);

        await Eventually.BecomeTrueAsync(
            async () =>
            {
                using var client = Client(gateway, certificate, "1.1");
                try
                {
                    return await AskAsync(client) == 200;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(30),
            "the new authority's users are served");
    }

    [Fact]
    public async Task Response_ForACertificate_IsNotKeptForOthers()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(guide, "optional", route: "    lastGood: {}");
        using var certificate = CertificateOf("good");
        using (var owner = Client(gateway, certificate, "1.1"))
        {
            Assert.Equal(200, await AskAsync(owner));
        }

        await guide.DisposeAsync();
        using var stranger = Client(gateway, certificate: null, "1.1");

        Assert.Equal(503, await AskAsync(stranger));
    }

    private X509Certificate2? CertificateOf(string which) => which switch
    {
        "good" => _authority.Issue("user"),
        "ended" => _authority.IssueEnded("user"),
        "other authority" => _other.Issue("user"),
        _ => null,
    };

    private static async Task<int> AskAsync(HttpClient client, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/")
        {
            Version = client.DefaultRequestVersion,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact
        };
        Array.ForEach(headers, header => request.Headers.TryAddWithoutValidation(header.Name, header.Value));
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }

    private static HttpClient Client(InProcessGateway gateway, X509Certificate2? certificate, string version) => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
            ClientCertificateContext = certificate is null
                ? null
                : SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
        },
    })
    {
        BaseAddress = gateway.Url,
        DefaultRequestVersion = Version.Parse(version),
    };

    private Task<InProcessGateway> StartAsync(ScriptedUpstream guide, string mode, string top = "", string route = "")
    {
        var (certificate, key) = Certificates.Create("gateway");
        return InProcessGateway.StartAsync(
            InProcessGateway.Config(
                [guide.Url],
                route: route,
                top: top,
                listen: $"  - {{ url: \"https://127.0.0.1:0\", certificate: {{ file: FOLDER/cert.pem, key: FOLDER/key.pem }}, "
                    + $"clientCertificates: {{ ca: FOLDER/users.pem, mode: {mode} }} }}"),
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["cert.pem"] = certificate,
                ["key.pem"] = key,
                ["users.pem"] = _authority.Pem
            });
    }
}
