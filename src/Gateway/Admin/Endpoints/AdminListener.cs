using System.Net;
using System.Net.Security;
using Gateway.Admin.Security;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Gateway.Admin.Endpoints;

/// <summary>The port of the admin endpoint, with limits of its own.</summary>
internal static class AdminListener
{
    private const int MaxConnections = 200;
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Listens at an address, at <c>localhost</c> or everywhere.</summary>
    /// <param name="kestrel">The server.</param>
    /// <param name="url">Where.</param>
    /// <param name="around">Stands around each connection; null: nothing does.</param>
    /// <param name="certificate">The certificate in force; null: no TLS.</param>
    /// <param name="operators">Says whether a handshake asks for a client certificate.</param>
    public static void Open(
        KestrelServerOptions kestrel,
        Uri url,
        Func<ConnectionDelegate, ConnectionDelegate>? around,
        Func<SslStreamCertificateContext>? certificate,
        OperatorCertificates operators)
    {
        void Use(ListenOptions options)
        {
            options.Protocols = HttpProtocols.Http1;
            if (around is not null)
            {
                options.Use(around);
            }

            if (certificate is not null)
            {
                Secure(options, certificate, operators);
            }
        }

        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        // RequestBody counts. Kestrel would end the connection at once, and a client that is still sending would lose the response.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        if (IPAddress.TryParse(UrlHost.Of(url), out var address))
        {
            kestrel.Listen(address, url.Port, Use);
        }
        else if (url.IsLoopback && url.Port != 0)
        {
            kestrel.ListenLocalhost(url.Port, Use);
        }
        else if (url.IsLoopback)
        {
            kestrel.Listen(IPAddress.Loopback, 0, Use);
        }
        else
        {
            kestrel.ListenAnyIP(url.Port, Use);
        }
    }

    private static void Secure(
        ListenOptions options, Func<SslStreamCertificateContext> certificate, OperatorCertificates operators) =>
        options.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = HandshakeTimeout,
            OnConnection = context =>
            {
                var server = new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = certificate(),
                    EnabledSslProtocols = TlsVersions.From(TlsVersion.Tls12),
                };
                if (operators.Policy is { } policy)
                {
                    // Any will do here: a call is refused with the reason, where a handshake could say nothing.
                    server.ClientCertificateRequired = true;

                    // A session that is resumed has the certificate without those between it and an authority, and would be refused.
                    server.AllowTlsResume = false;
                    server.CertificateChainPolicy = policy;
                    server.RemoteCertificateValidationCallback = (_, shown, chain, _) =>
                    {
                        ShownCertificate.Note(context.Connection, shown, chain);
                        return true;
                    };
                }

                return ValueTask.FromResult(server);
            },
        });
}
