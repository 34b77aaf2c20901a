using System.Net.Sockets;
using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

[Trait("kind", "unit")]
public class LocalFailureTests
{
    [Theory]
    [InlineData(SocketError.TooManyOpenSockets, true)]
    [InlineData(SocketError.NoBufferSpaceAvailable, true)]
    [InlineData(SocketError.ConnectionRefused, false)]
    [InlineData(SocketError.HostUnreachable, false)]
    [InlineData(SocketError.TimedOut, false)]
    public void Failure_OfASocket_IsOursOnlyWithoutRoomForIt(SocketError error, bool isOurs)
    {
        Assert.Equal(isOurs, LocalFailure.Is(new SocketException((int)error)));
        Assert.Equal(
            isOurs,
            LocalFailure.Is(new HttpRequestException(HttpRequestError.ConnectionError, "No connection.", new SocketException((int)error))));
    }

    [Fact]
    public void Failure_WithoutASocket_IsNotOurs()
    {
        Assert.False(LocalFailure.Is(null));
        Assert.False(LocalFailure.Is(new IOException("cut")));
    }
}
