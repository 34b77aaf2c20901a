using System.Text;
using Gateway.Upstream.Http1;
using Xunit;

namespace Gateway.Tests.Upstream;

[Trait("kind", "unit")]
public class ChunkReaderTests
{
    [Theory]
    [InlineData("5\r\nhello\r\n0\r\n", "hello")]
    [InlineData("5\r\nhello\r\n6\r\n world\r\n0\r\n", "hello world")]
    [InlineData("0\r\n", "")]
    [InlineData("000\r\n", "")]
    [InlineData("00A\r\n0123456789\r\n0\r\n", "0123456789")]
    [InlineData("a;name=value\r\n0123456789\r\n0;x\r\n", "0123456789")]
    [InlineData("5 \nhello\n0\n", "hello")]
    public void Chunks_InPiecesOfAnySize_GiveTheirContent(string text, string content)
    {
        for (var piece = 1; piece <= text.Length; piece++)
        {
            Assert.Equal((content, true), Read(text, piece));
        }
    }

    [Theory]
    [InlineData("5\r\nhel", "hel")]
    [InlineData("5\r\nhello", "hello")]
    [InlineData("5\r\nhello\r\n", "hello")]
    [InlineData("", "")]
    public void Chunks_NotAllHere_AreNotAtTheirEnd(string text, string content) =>
        Assert.Equal((content, false), Read(text, text.Length + 1));

    [Theory]
    [InlineData("x\r\n")]
    [InlineData("\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("0x5\r\nhello\r\n")]
    [InlineData(" 5\r\nhello\r\n")]
    [InlineData("5\r\nhello0\r\n")]
    [InlineData("1ffffffffffffffff\r\n")]
    [InlineData("ffffffffffffffff\r\n")]
    public void Chunks_ThatAreNone_AreRefused(string text) => Assert.Throws<HttpIOException>(() => Read(text, 1));

    [Fact]
    public void Line_WithoutEnd_IsRefused() =>
        Assert.Throws<HttpIOException>(() => Read("5;" + new string('a', ChunkReader.MaxLine), ChunkReader.MaxLine + 2));

    /// <summary>Feeds it as a connection does: what it did not take comes again, with a piece more.</summary>
    private static (string Content, bool AtTrailers) Read(string text, int piece)
    {
        var chunks = new ChunkReader();
        var content = new StringBuilder();
        var buffer = new List<byte>();
        foreach (var arrived in Encoding.Latin1.GetBytes(text).Chunk(piece).Append([]))
        {
            buffer.AddRange(arrived);
            while (true)
            {
                var ready = chunks.Next(buffer.ToArray(), out var skip);
                buffer.RemoveRange(0, skip);
                if (ready == 0)
                {
                    break;
                }

                content.Append(Encoding.Latin1.GetString([.. buffer.Take(ready)]));
                buffer.RemoveRange(0, ready);
                chunks.Consume(ready);
            }
        }

        return (content.ToString(), chunks.IsAtTrailers);
    }
}
