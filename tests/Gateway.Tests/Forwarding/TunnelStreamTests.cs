using Gateway.Forwarding.Upgrades;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "unit")]
public sealed class TunnelStreamTests
{
    private static readonly byte[] GoingAway = [0x88, 0x02, 0x03, 0xE9];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// Frames of each kind of length, cut at every place; asked to close at every place: the close frame stands between two frames.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(300)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    public async Task Close_AtAnyPlace_StandsBetweenTwoFrames(int length)
    {
        byte[] frame = [0x81, .. length < 126
            ? [(byte)length]
            : length < 65_536 ? new byte[] { 126, (byte)(length >> 8), (byte)length }
            : [127, 0, 0, 0, 0, 0, (byte)(length >> 16), (byte)(length >> 8), (byte)length], .. Enumerable.Repeat((byte)0x88, length)];
        byte[] all = [.. frame, .. frame];
        foreach (var cut in Enumerable.Range(0, Math.Min(frame.Length, 20))
            .Append(frame.Length - 1)
            .Append(frame.Length)
            .Append(all.Length)
            .Distinct())
        {
            using var user = new MemoryStream();
            await using var stream = new TunnelStream(user);
            await stream.WriteAsync(all.AsMemory(0, cut), Token);
            await stream.CloseAsync(Token);
            await stream.WriteAsync(all.AsMemory(cut), Token);
            var frames = cut == 0 ? 0 : cut <= frame.Length ? 1 : 2;
            Assert.Equal([.. Enumerable.Repeat(frame, frames).SelectMany(static f => f), .. GoingAway], user.ToArray());
        }
    }

    [Fact]
    public async Task Close_AfterTheDestinationsOwn_AddsNothing()
    {
        using var user = new MemoryStream();
        await using var stream = new TunnelStream(user);
        byte[] close = [0x88, 0x02, 0x03, 0xE8];
        await stream.WriteAsync(close, Token);
        await stream.CloseAsync(Token);
        Assert.Equal(close, user.ToArray());
    }
}
