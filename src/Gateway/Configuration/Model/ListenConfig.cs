namespace Gateway.Configuration.Model;

/// <summary>One port for users.</summary>
internal sealed record ListenConfig
{
    /// <summary><c>http://</c> or <c>https://</c> with an IP address, <c>localhost</c> or <c>*</c>, and a port (0: any free one).</summary>
    public required Uri Url { get; init; }

    /// <summary>The certificate of an <c>https://</c> port; its files are read again when they change.</summary>
    public CertificateConfig? Certificate { get; init; }

    /// <summary>
    /// True: each connection begins with a header of the PROXY protocol (version 1 or 2), which names its client. Default: false.
    /// </summary>
    public bool ProxyProtocol { get; init; }
}

/// <summary>PEM files of a certificate (chain included) and its private key, as absolute paths.</summary>
internal sealed record CertificateConfig(string File, string Key);
