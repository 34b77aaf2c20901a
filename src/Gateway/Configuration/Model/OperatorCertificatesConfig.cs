using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>Operators who call the admin endpoint with a client certificate (<c>admin.clientCertificates</c>).</summary>
internal sealed record OperatorCertificatesConfig
{
    /// <summary>PEM file of the authorities that operators' certificates must come from; it is read again when it changes.</summary>
    public string Ca { get; init; } = "";

    /// <summary>Whom certificates belong to; at least one. A certificate that none of them names is refused.</summary>
    public ImmutableArray<OperatorCertificateConfig> Operators { get; init; } = [];
}

/// <summary>A person, a team or a machine with a client certificate.</summary>
internal sealed record OperatorCertificateConfig
{
    /// <summary>Whose it is, for journal and messages.</summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// What the certificate has as a subject alternative name (DNS, e-mail or URI), or, without any of these, as its common name. It must
    /// be the same letter by letter.
    /// </summary>
    public string Identity { get; init; } = "";

    /// <summary>What it allows. Default: <see cref="AdminRole.Read"/>.</summary>
    public AdminRole Role { get; init; }
}
