using Gateway.LastGood.Keys;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>The one normal form of escapes (RFC 3986, section 6.2.2).</summary>
[Trait("kind", "unit")]
public sealed class EscapedTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a", "a")]
    [InlineData("aB/c+d", "aB/c+d")]
    [InlineData("%41", "A")]
    [InlineData("%7e~", "~~")]
    [InlineData("x%41%42y", "xABy")]
    [InlineData("%2d%2E%5f%7E", "-._~")]
    [InlineData("%2f%2F", "%2F%2F")]
    [InlineData("%30%39%3a", "09%3A")]
    [InlineData("%40%41%5a%5b", "%40AZ%5B")]
    [InlineData("%60%61%7a%7b", "%60az%7B")]
    [InlineData("%2c%5E%7d%7f", "%2C%5E%7D%7F")]
    [InlineData("%00%1f%80%ff", "%00%1F%80%FF")]
    [InlineData("%c3%a9", "%C3%A9")]
    [InlineData("%4A%4f", "JO")]
    [InlineData("%", "%%")]
    [InlineData("a%", "a%%")]
    [InlineData("%4", "%%4")]
    [InlineData("a%4", "a%%4")]
    [InlineData("%4g", "%%4g")]
    [InlineData("%g4", "%%g4")]
    [InlineData("%%41", "%%A")]
    [InlineData("%%41%42", "%%AB")]
    [InlineData("%4%31x", "%%41x")]
    [InlineData("%2541", "%2541")]
    [InlineData("%%%", "%%%%%%")]
    public void Normalise_OnlyEscapesOfUnreservedCharacters_AreUndone(string raw, string expected)
    {
        var room = new char[EscapedText.RoomFor(raw.Length)];
        Assert.Equal(expected, new string(room, 0, EscapedText.Normalise(raw, room)));
        Assert.Equal(expected, KeyText.Of((ref KeyBuilder key) => EscapedText.Append(raw, ref key)));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 2)]
    [InlineData(5, 10)]
    public void RoomFor_IsTwiceTheLength(int length, int expected) => Assert.Equal(expected, EscapedText.RoomFor(length));

    [Theory]
    [InlineData("%41", true)]
    [InlineData("%aF", true)]
    [InlineData("%09tail", true)]
    [InlineData("", false)]
    [InlineData("%", false)]
    [InlineData("%4", false)]
    [InlineData("x41", false)]
    [InlineData("%4G", false)]
    [InlineData("%G4", false)]
    [InlineData("%/0", false)]
    [InlineData("%0:", false)]
    [InlineData("x%41", false)]
    public void IsEscape_APercentSignAndTwoHexDigits_AtTheBegin(string text, bool expected) =>
        Assert.Equal(expected, EscapedText.IsEscape(text));

    [Theory]
    [InlineData("41", "A")]
    [InlineData("7a", "z")]
    [InlineData("2f", "%2F")]
    [InlineData("aF", "%AF")]
    public void Undo_SaysHowMuchItWrote(string hex, string expected)
    {
        Span<char> room = stackalloc char[3];
        Assert.Equal(expected, room[..EscapedText.Undo(hex, room)].ToString());
    }

    [Theory]
    [InlineData("%2f%41%7E", "%2FA~")]
    [InlineData("%", "%%")]
    [InlineData("%zz", "%%zz")]
    [InlineData("%%%%%%", "%%%%%%%%%%%%")]
    [InlineData("%%41%4", "%%A%%4")]
    [InlineData("y", "y")]
    public void Append_LongText_IsNormalisedWhereverItsPiecesEnd(string raw, string expected)
    {
        for (var lead = 120; lead <= 260; lead++)
        {
            var filler = new string('x', lead);
            Assert.Equal(
                filler + expected + filler + expected,
                KeyText.Of((ref KeyBuilder key) => EscapedText.Append(filler + raw + filler + raw, ref key)));
        }
    }
}
