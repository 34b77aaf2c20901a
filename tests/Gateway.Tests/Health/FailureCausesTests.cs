using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>What each exception means, however it is wrapped, and the exact words of each cause.</summary>
[Trait("kind", "unit")]
public sealed class FailureCausesTests
{
    [Theory]
    [InlineData("None", "failed")]
    [InlineData("ConnectionRefused", "connection refused")]
    [InlineData("NoRoute", "no route to host")]
    [InlineData("NameNotFound", "name not found")]
    [InlineData("ConnectTimeout", "timed out while connecting")]
    [InlineData("NoConnection", "no connection")]
    [InlineData("CertificateUntrusted", "TLS: certificate not trusted")]
    [InlineData("CertificateExpired", "TLS: certificate expired")]
    [InlineData("CertificateNotYetValid", "TLS: certificate not valid yet")]
    [InlineData("CertificateOtherName", "TLS: certificate for another name")]
    [InlineData("TlsHandshake", "TLS: handshake failed")]
    [InlineData("TlsTimeout", "timed out in the TLS handshake")]
    [InlineData("HeadersTimeout", "timed out waiting for headers")]
    [InlineData("BodyTimeout", "timed out in the body")]
    [InlineData("Timeout", "timed out")]
    [InlineData("Reset", "connection reset")]
    [InlineData("Closed", "connection closed without a response")]
    [InlineData("InvalidResponse", "invalid HTTP response")]
    [InlineData("Truncated", "response cut off")]
    [InlineData("Status", "status 503")]
    [InlineData("UnexpectedBody", "expected text missing")]
    [InlineData("UnexpectedJson", "expected JSON value missing")]
    [InlineData("NotServing", "gRPC health: not serving")]
    [InlineData("NoHealthService", "gRPC health: no such service")]
    [InlineData("Late", "too late")]
    [InlineData("NoSocket", "no socket left in this process")]
    public void Cause_InWords_IsThis(string cause, string words) =>
        Assert.Equal(words, FailureCauses.WordsOf(Enum.Parse<FailureCause>(cause), 503));

    [Theory]
    [InlineData(SocketError.ConnectionRefused, "ConnectionRefused")]
    [InlineData(SocketError.HostUnreachable, "NoRoute")]
    [InlineData(SocketError.NetworkUnreachable, "NoRoute")]
    [InlineData(SocketError.NetworkDown, "NoRoute")]
    [InlineData(SocketError.HostDown, "NoRoute")]
    [InlineData(SocketError.AddressNotAvailable, "NoRoute")]
    [InlineData(SocketError.HostNotFound, "NameNotFound")]
    [InlineData(SocketError.NoData, "NameNotFound")]
    [InlineData(SocketError.TryAgain, "NameNotFound")]
    [InlineData(SocketError.NoRecovery, "NameNotFound")]
    [InlineData(SocketError.TimedOut, "ConnectTimeout")]
    [InlineData(SocketError.ConnectionReset, "Reset")]
    [InlineData(SocketError.ConnectionAborted, "Reset")]
    [InlineData(SocketError.Shutdown, "Reset")]
    [InlineData(SocketError.TooManyOpenSockets, "NoSocket")]
    [InlineData(SocketError.NoBufferSpaceAvailable, "NoSocket")]
    [InlineData(SocketError.OperationAborted, "None")]
    [InlineData(SocketError.AccessDenied, "NoConnection")]
    public void SocketError_Means(SocketError error, string cause) => AssertCause(cause, new SocketException((int)error));

    [Theory]
    [InlineData(HttpRequestError.NameResolutionError, "NameNotFound")]
    [InlineData(HttpRequestError.ConnectionError, "NoConnection")]
    [InlineData(HttpRequestError.ProxyTunnelError, "NoConnection")]
    [InlineData(HttpRequestError.ResponseEnded, "Closed")]
    [InlineData(HttpRequestError.HttpProtocolError, "Reset")]
    [InlineData(HttpRequestError.InvalidResponse, "InvalidResponse")]
    [InlineData(HttpRequestError.VersionNegotiationError, "InvalidResponse")]
    [InlineData(HttpRequestError.ConfigurationLimitExceeded, "InvalidResponse")]
    [InlineData(HttpRequestError.ExtendedConnectNotSupported, "InvalidResponse")]
    [InlineData(HttpRequestError.Unknown, "None")]
    [InlineData(HttpRequestError.UserAuthenticationError, "None")]
    public void HttpRequestError_OfARequestOrABody_Means(HttpRequestError error, string cause)
    {
        AssertCause(cause, new HttpRequestException(error, "x"));
        AssertCause(cause, new HttpIOException(error, "x"));
    }

    [Fact]
    public void Exception_OfNoConnection_SaysNothing()
    {
        AssertCause("None", null);
        AssertCause("None", new InvalidOperationException("connection refused"));
        AssertCause("None", new IOException("reset"));
    }

    [Fact]
    public void Exception_OfItsOwnKind_Means()
    {
        AssertCause("Reset", new HttpProtocolException(7, "x", null));
        AssertCause("ConnectTimeout", new OperationCanceledException());
        AssertCause("ConnectTimeout", new TaskCanceledException());
        AssertCause("ConnectTimeout", new TimeoutException());
        AssertCause("TlsHandshake", new AuthenticationException());
        AssertCause("TlsHandshake", new HttpRequestException(HttpRequestError.SecureConnectionError, "x"));
        AssertCause("CertificateExpired", new CertificateRefusedException(FailureCause.CertificateExpired));
    }

    [Fact]
    public void Exceptions_OneInAnother_TheInnermostThatMeansSomethingIsTold()
    {
        var refused = new SocketException((int)SocketError.ConnectionRefused);
        AssertCause("ConnectionRefused", new HttpRequestException(HttpRequestError.ConnectionError, "x", refused));
        AssertCause("ConnectionRefused", new InvalidOperationException("x", new IOException("y", refused)));
        AssertCause("ConnectionRefused", new TimeoutException("x", new HttpRequestException(HttpRequestError.ResponseEnded, "y", refused)));

        // What means nothing hides nothing.
        var aborted = new SocketException((int)SocketError.OperationAborted);
        AssertCause("NoConnection", new HttpRequestException(HttpRequestError.ConnectionError, "x", aborted));
        AssertCause("Closed", new HttpRequestException(HttpRequestError.ResponseEnded, "x", new IOException("y")));
    }

    [Fact]
    public void Exceptions_OfTls_AreToldBeforeWhatTheyCarry()
    {
        var reset = new SocketException((int)SocketError.ConnectionReset);
        AssertCause("TlsHandshake", new HttpRequestException(HttpRequestError.SecureConnectionError, "x", new IOException("y", reset)));
        AssertCause(
            "CertificateUntrusted",
            new HttpRequestException(
                HttpRequestError.SecureConnectionError, "x", new CertificateRefusedException(FailureCause.CertificateUntrusted)));
    }

    private static void AssertCause(string cause, Exception? failure) =>
        Assert.Equal(Enum.Parse<FailureCause>(cause), FailureCauses.Of(failure));
}
