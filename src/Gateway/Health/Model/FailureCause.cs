namespace Gateway.Health.Model;

/// <summary>
/// Why a probe or an attempt failed, as an operator would name it. <see cref="FailureCauses"/> finds it and puts it into words.
/// </summary>
internal enum FailureCause
{
    /// <summary>Nothing failed, or nothing is known of it.</summary>
    None,

    /// <summary>Nothing listens on that port.</summary>
    ConnectionRefused,

    /// <summary>The network does not lead to that host.</summary>
    NoRoute,

    /// <summary>The name has no address.</summary>
    NameNotFound,

    /// <summary>No connection within the time for connecting.</summary>
    ConnectTimeout,

    /// <summary>No connection, for a reason that has no word of its own.</summary>
    NoConnection,

    /// <summary>No authority that this machine trusts has signed the certificate.</summary>
    CertificateUntrusted,

    /// <summary>The certificate has ended.</summary>
    CertificateExpired,

    /// <summary>The certificate has not begun.</summary>
    CertificateNotYetValid,

    /// <summary>The certificate is for another name.</summary>
    CertificateOtherName,

    /// <summary>No TLS on that port, or no version or protocol in common.</summary>
    TlsHandshake,

    /// <summary>The TLS handshake did not end in time.</summary>
    TlsTimeout,

    /// <summary>No response headers in time.</summary>
    HeadersTimeout,

    /// <summary>The response's body did not go on in time.</summary>
    BodyTimeout,

    /// <summary>Out of time; it is not known in which part.</summary>
    Timeout,

    /// <summary>The connection, or the HTTP/2 stream, was reset.</summary>
    Reset,

    /// <summary>The connection was closed before a response.</summary>
    Closed,

    /// <summary>What came is not a valid HTTP response.</summary>
    InvalidResponse,

    /// <summary>The response ended before its end.</summary>
    Truncated,

    /// <summary>A status that counts as a failure.</summary>
    Status,

    /// <summary>The text of <c>probe.expect.body</c> is missing.</summary>
    UnexpectedBody,

    /// <summary>A value of <c>probe.expect.json</c> is missing or another one.</summary>
    UnexpectedJson,

    /// <summary>The gRPC health service says that the server does not serve.</summary>
    NotServing,

    /// <summary>There is no gRPC health service, or it does not know the service asked for.</summary>
    NoHealthService,

    /// <summary>Another destination was faster by far.</summary>
    Late,

    /// <summary>This process has no descriptor or memory for a socket.</summary>
    NoSocket,
}
