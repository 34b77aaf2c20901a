using System.Text;
using Gateway.Fuzzing.Engine;
using Xunit;

namespace Gateway.Tests.Fuzzing;

/// <summary>Inputs as lines of a text file.</summary>
[Trait("kind", "unit")]
public sealed class CorpusFileTests
{
    [Theory]
    [InlineData("", @"\e")]
    [InlineData("a b", "a b")]
    [InlineData(" a ", @"\x20a\x20")]
    [InlineData("#a#", @"\x23a\x23")]
    [InlineData("a\r\n\t\\", @"a\r\n\t\\")]
    [InlineData("\0\u001f\u007f\u00ff", @"\x00\x1f\x7f\xff")]
    public void Input_AsALine_ComesBack(string input, string line)
    {
        var bytes = Encoding.Latin1.GetBytes(input);

        Assert.Equal(line, CorpusFile.LineOf(bytes));
        Assert.Equal(bytes, CorpusFile.InputOf(line));
    }

    [Fact]
    public void AnyByte_AsALine_ComesBack()
    {
        var bytes = Enumerable.Range(0, 256).Select(static value => (byte)value).ToArray();

        Assert.Equal(bytes, CorpusFile.InputOf(CorpusFile.LineOf(bytes)));
    }
}
