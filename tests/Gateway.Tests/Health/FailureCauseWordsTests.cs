using System.Net.Sockets;
using Gateway.Health.Model;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>Each error has a cause, and each cause has words of its own.</summary>
[Trait("kind", "unit")]
public sealed class FailureCauseWordsTests
{
    [Theory]
    [InlineData(SocketError.ConnectionRefused, "connection refused")]
    [InlineData(SocketError.HostUnreachable, "no route to host")]
    [InlineData(SocketError.NetworkUnreachable, "no route to host")]
    [InlineData(SocketError.HostNotFound, "name not found")]
    [InlineData(SocketError.TryAgain, "name not found")]
    [InlineData(SocketError.TimedOut, "timed out while connecting")]
    [InlineData(SocketError.ConnectionReset, "connection reset")]
    [InlineData(SocketError.TooManyOpenSockets, "no socket left in this process")]
    [InlineData(SocketError.AccessDenied, "no connection")]
    public void SocketError_HoweverWrapped_IsNamed(SocketError error, string words)
    {
        var inner = new SocketException((int)error);
        Assert.Equal(words, FailureCauses.WordsOf(FailureCauses.Of(inner)));
        Assert.Equal(
            words,
            FailureCauses.WordsOf(FailureCauses.Of(new HttpRequestException(HttpRequestError.ConnectionError, "x", inner))));
        Assert.Equal(words, FailureCauses.WordsOf(FailureCauses.Of(new HttpRequestException("x", new IOException("y", inner)))));
    }

    [Fact]
    public void Cause_Each_HasWordsOfItsOwn()
    {
        var words = Enum.GetValues<FailureCause>().Select(static cause => FailureCauses.WordsOf(cause, 503)).ToArray();
        Assert.Equal(words.Length, words.Distinct(StringComparer.Ordinal).Count());
    }
}
