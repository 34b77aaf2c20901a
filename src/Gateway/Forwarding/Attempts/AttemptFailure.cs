using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Health.Model;
using Gateway.Health.Rules;
using Gateway.Observability;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.Attempts;

/// <summary>Tells what an exception of <see cref="SocketsHttpHandler"/> means, by its type and codes alone.</summary>
internal static class AttemptFailure
{
    /// <param name="exception">What the attempt threw.</param>
    /// <param name="cancelledByUs">The attempt's own token was cancelled.</param>
    /// <param name="headReceived">The head of the response was already here.</param>
    public static AttemptResult Classify(Exception exception, bool cancelledByUs, bool headReceived)
    {
        if (cancelledByUs)
        {
            return AttemptResult.Cancelled;
        }

        return exception switch
        {
            // SocketsHttpHandler reports its ConnectTimeout as a cancellation without a cancelled token.
            OperationCanceledException => AttemptResult.Connect,
            HttpRequestException
            {
                HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                    or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
            } => AttemptResult.Connect,
            _ when !headReceived && !IsRemote(exception) => AttemptResult.Local,
            _ => headReceived ? AttemptResult.Truncated : AttemptResult.Reset,
        };
    }

    /// <summary>
    /// True: a connection or what came over it is part of the failure. Anything else our own client threw, before a byte had left or
    /// because of what the request was: that shows nothing of a destination.
    /// </summary>
    private static bool IsRemote(Exception exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is IOException or SocketException or AuthenticationException
                || inner is HttpRequestException
                {
                    HttpRequestError: HttpRequestError.ResponseEnded
                        or HttpRequestError.InvalidResponse
                        or HttpRequestError.HttpProtocolError
                        or HttpRequestError.VersionNegotiationError or HttpRequestError.ConfigurationLimitExceeded
                            or HttpRequestError.ExtendedConnectNotSupported,
                })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// True: HTTP/2 said that the request was not processed (RFC 9113, section 8.7), so that it is safe to repeat whatever it was.
    /// </summary>
    public static bool IsRefusedStream(Exception exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is RefusedStreamException or HttpProtocolException { ErrorCode: 0x7 })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The word for a failure: what an operator would look into first.</summary>
    /// <param name="result">How the attempt ended.</param>
    /// <param name="failure">What it threw; null: nothing.</param>
    /// <param name="status">Of its response; 0: none came.</param>
    /// <param name="headReceived">The head of a response was there.</param>
    public static TerminationCause CauseOf(AttemptResult result, Exception? failure, int status, bool headReceived) => result switch
    {
        AttemptResult.Connect => ConnectCauseOf(failure),
        AttemptResult.Reset => TerminationCause.Reset,
        AttemptResult.Truncated => TerminationCause.Truncated,
        AttemptResult.Timeout => headReceived ? TerminationCause.IdleTimeout : TerminationCause.FirstByteTimeout,
        AttemptResult.Status => status == StatusCodes.Status429TooManyRequests
            ? TerminationCause.TooManyRequests
            : TerminationCause.Status5xx,
        AttemptResult.Cancelled => TerminationCause.TotalTimeout,
        AttemptResult.Local => TerminationCause.GatewayError,
        _ => status >= StatusCodes.Status500InternalServerError ? TerminationCause.Status5xx : TerminationCause.Ok,
    };

    private static TerminationCause ConnectCauseOf(Exception? failure) =>
        LocalFailure.Is(failure) ? TerminationCause.GatewayError : FailureCauses.Of(failure) switch
        {
            FailureCause.ConnectionRefused => TerminationCause.ConnectRefused,
            FailureCause.ConnectTimeout or FailureCause.TlsTimeout => TerminationCause.ConnectTimeout,
            FailureCause.NoSocket => TerminationCause.GatewayError,
            _ => TerminationCause.ConnectFailed,
        };

    /// <summary>The status to refuse a client with whose own body broke; null: it says none.</summary>
    public static int? StatusOf(Exception exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is BadHttpRequestException bad)
            {
                return bad.StatusCode;
            }
        }

        return null;
    }
}
