using System.Globalization;
using System.Net.Sockets;
using Gateway.Health.Probing;

namespace Gateway.Health.Model;

/// <summary>Finds the cause of a failure by types and codes, never by a message's text, and puts it into words.</summary>
internal static class FailureCauses
{
    /// <summary>What an exception of a connection or an exchange means; <see cref="FailureCause.None"/>: it says nothing.</summary>
    public static FailureCause Of(Exception? failure)
    {
        if (TlsTrust.CauseOf(failure) is not FailureCause.None and var flaw)
        {
            return flaw;
        }

        // The innermost that has a meaning knows most: a refused connection is also a failed request.
        var found = FailureCause.None;
        for (var inner = failure; inner is not null; inner = inner.InnerException)
        {
            found = Meaning(inner) is not FailureCause.None and var cause ? cause : found;
        }

        return found;
    }

    /// <summary>For people, as in "last probe: connection refused".</summary>
    /// <param name="cause">The cause.</param>
    /// <param name="status">The status, for <see cref="FailureCause.Status"/>.</param>
    public static string WordsOf(FailureCause cause, int status = 0) => cause switch
    {
        FailureCause.ConnectionRefused => "connection refused",
        FailureCause.NoRoute => "no route to host",
        FailureCause.NameNotFound => "name not found",
        FailureCause.ConnectTimeout => "timed out while connecting",
        FailureCause.NoConnection => "no connection",
        FailureCause.CertificateUntrusted => "TLS: certificate not trusted",
        FailureCause.CertificateExpired => "TLS: certificate expired",
        FailureCause.CertificateNotYetValid => "TLS: certificate not valid yet",
        FailureCause.CertificateOtherName => "TLS: certificate for another name",
        FailureCause.TlsHandshake => "TLS: handshake failed",
        FailureCause.TlsTimeout => "timed out in the TLS handshake",
        FailureCause.HeadersTimeout => "timed out waiting for headers",
        FailureCause.BodyTimeout => "timed out in the body",
        FailureCause.Timeout => "timed out",
        FailureCause.Reset => "connection reset",
        FailureCause.Closed => "connection closed without a response",
        FailureCause.InvalidResponse => "invalid HTTP response",
        FailureCause.Truncated => "response cut off",
        FailureCause.Status => string.Create(CultureInfo.InvariantCulture, $"status {status}"),
        FailureCause.UnexpectedBody => "expected text missing",
        FailureCause.UnexpectedJson => "expected JSON value missing",
        FailureCause.NotServing => "gRPC health: not serving",
        FailureCause.NoHealthService => "gRPC health: no such service",
        FailureCause.Late => "too late",
        FailureCause.NoSocket => "no socket left in this process",
        _ => "failed",
    };

    private static FailureCause Meaning(Exception failure) => failure switch
    {
        SocketException socket => Of(socket.SocketErrorCode),
        HttpProtocolException => FailureCause.Reset,
        HttpIOException { HttpRequestError: var error } => Of(error),
        HttpRequestException { HttpRequestError: var error } => Of(error),

        // SocketsHttpHandler reports its ConnectTimeout as a cancellation without a cancelled token.
        OperationCanceledException or TimeoutException => FailureCause.ConnectTimeout,
        _ => FailureCause.None,
    };

    private static FailureCause Of(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => FailureCause.ConnectionRefused,
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.HostDown
            or SocketError.AddressNotAvailable => FailureCause.NoRoute,
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery => FailureCause.NameNotFound,
        SocketError.TimedOut => FailureCause.ConnectTimeout,
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => FailureCause.Reset,
        SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable => FailureCause.NoSocket,
        SocketError.OperationAborted => FailureCause.None,
        _ => FailureCause.NoConnection,
    };

    private static FailureCause Of(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => FailureCause.NameNotFound,
        HttpRequestError.ConnectionError or HttpRequestError.ProxyTunnelError => FailureCause.NoConnection,
        HttpRequestError.ResponseEnded => FailureCause.Closed,
        HttpRequestError.HttpProtocolError => FailureCause.Reset,
        HttpRequestError.InvalidResponse or HttpRequestError.VersionNegotiationError or HttpRequestError.ConfigurationLimitExceeded
            or HttpRequestError.ExtendedConnectNotSupported => FailureCause.InvalidResponse,
        _ => FailureCause.None,
    };
}
