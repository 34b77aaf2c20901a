using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>The admin endpoint: status page, API, metrics.</summary>
internal sealed record AdminConfig
{
    /// <summary>Where it listens. Default: <c>http://127.0.0.1:8081</c>.</summary>
    public Uri Url { get; init; } = new("http://127.0.0.1:8081");

    /// <summary>
    /// Bearer token that every call must carry, if it shows no client certificate; one of the three is needed as soon as <see cref="Url"/>
    /// is not loopback. Default: none.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>More tokens, each with a name and a role. Default: none.</summary>
    public ImmutableArray<AdminTokenConfig> Tokens { get; init; } = [];

    /// <summary>Operators with a client certificate, over an <c>https://</c> URL. Default: null, none is asked for.</summary>
    public OperatorCertificatesConfig? ClientCertificates { get; init; }

    /// <summary>Calls need a token or a client certificate.</summary>
    public bool IsProtected => Token is not null || !Tokens.IsEmpty || ClientCertificates is not null;

    /// <summary>The certificate of an <c>https://</c> URL; its files are read again when they change. Default: null.</summary>
    public CertificateConfig? Certificate { get; init; }

    /// <summary>Without the secret: a record that is printed must not give it away.</summary>
    public override string ToString() => $"AdminConfig {{ Url = {Url} }}";
}
