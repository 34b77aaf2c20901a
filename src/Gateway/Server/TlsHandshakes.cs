using System.Net.Security;
using Gateway.Configuration.Model;
using Gateway.Server.Acme;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Gateway.Server;

/// <summary>How the public listeners speak TLS: which certificate and version a handshake gets, and which protocols follow.</summary>
internal sealed class TlsHandshakes
{
    /// <summary>
    /// In the order of preference. curl offers nothing but <c>http/1.0</c> when it is told to speak that version; without a protocol in
    /// common the handshake would fail.
    /// </summary>
    private static readonly List<SslApplicationProtocol> Protocols =
    [
        SslApplicationProtocol.Http2,
        SslApplicationProtocol.Http11,
        new("http/1.0")
    ];

    private readonly IReadOnlyDictionary<ListenConfig, ListenerCertificates> _certificates;
    private readonly TlsAlpnChallenge? _challenge;
    private readonly TimeSpan _timeout;

    /// <param name="certificates">Of each listener that speaks TLS.</param>
    /// <param name="acme">What authorities are answered; null: none are.</param>
    /// <param name="timeout">How long a handshake may take.</param>
    public TlsHandshakes(IReadOnlyDictionary<ListenConfig, ListenerCertificates> certificates, AcmeChallenges? acme, TimeSpan timeout)
    {
        _certificates = certificates;
        _challenge = acme is null ? null : new TlsAlpnChallenge(acme);
        _timeout = timeout;
    }

    /// <summary>Has a listener speak TLS if it has certificates.</summary>
    public void Use(ListenOptions options, ListenConfig listen)
    {
        if (!_certificates.TryGetValue(listen, out var own))
        {
            options.Protocols = HttpProtocols.Http1;
            return;
        }

        options.Protocols = HttpProtocols.Http1AndHttp2;
        if (_challenge is not null)
        {
            options.Use(_challenge.Before);
        }

        options.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = _timeout,
            OnConnection = hello => ValueTask.FromResult(_challenge?.HandshakeOf(hello) ?? HandshakeOf(hello, listen, own)),
        });
        if (_challenge is not null)
        {
            options.Use(TlsAlpnChallenge.EndAfter);
        }

        if (listen.ClientCertificates is not null)
        {
            options.Use(ClientVerification.Before);
        }
    }

    private static SslServerAuthenticationOptions HandshakeOf(
        TlsHandshakeCallbackContext hello, ListenConfig listen, ListenerCertificates own)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = own.For(hello.ClientHelloInfo.ServerName),
            ApplicationProtocols = Protocols,
            EnabledSslProtocols = TlsVersions.From(listen.MinTls),
        };
        if (listen.ClientCertificates is not null)
        {
            own.Clients!.Require(options);
        }

        return options;
    }
}
