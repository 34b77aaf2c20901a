namespace Gateway.Configuration.Model;

/// <summary>The oldest version of TLS that is spoken.</summary>
internal enum TlsVersion
{
    /// <summary>TLS 1.2 and newer.</summary>
    Tls12,

    /// <summary>TLS 1.3 alone.</summary>
    Tls13,
}
