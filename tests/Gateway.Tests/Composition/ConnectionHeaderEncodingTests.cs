using System.Text;
using Gateway.Composition;
using Xunit;

namespace Gateway.Tests.Composition;

public class ConnectionHeaderEncodingTests
{
    [Theory]
    [InlineData("keep-alive", "keep-alive")]
    [InlineData("Upgrade", "Upgrade")]
    [InlineData("keep-alive, Upgrade", "keep-alive, Upgrade")]
    [InlineData("close", "close")]
    [InlineData("", "")]
    [InlineData("X-A", "X-A")]
    [InlineData("X-A, Keep-Alive, X-B", "X-A, X-B")]
    [InlineData("X-A, close", "X-A, close, keep-alive")]
    [InlineData("Upgrade,X-A", "Upgrade,X-A, keep-alive")]
    [InlineData("keep-alive, Upgrade, X-A", "keep-alive, Upgrade, X-A")]
    public void GetString_Value_KeepsEveryName(string sent, string seen) =>
        Assert.Equal(seen, ConnectionHeaderEncoding.Instance.GetString(Encoding.Latin1.GetBytes(sent).AsSpan()));
}
