using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Upstream.Http1;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.Tests.Upstream;

[Trait("kind", "unit")]
public class ResponseHeadTests
{
    private const string Start = "HTTP/1.1 200 OK\r\n";

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", 200, null)]
    [InlineData("HTTP/1.0 404 Not Found\r\n\r\n", 404, null)]
    [InlineData("HTTP/1.1 404 No shoes\r\n\r\n", 404, "No shoes")]
    [InlineData("HTTP/1.1 204\r\n\r\n", 204, "")]
    [InlineData("HTTP/1.1 204 \r\n\r\n", 204, "")]
    [InlineData("HTTP/1.1 599 Odd\n\n", 599, "Odd")]
    public void Status_AsItCame_IsRead(string head, int status, string? reason)
    {
        var read = Parse(head);

        Assert.Equal((status, reason), (read.Status, read.Reason));
    }

    [Theory]
    [InlineData("HTTP/2.0 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.2 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 099 OK\r\n\r\n")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n")]
    [InlineData("ICY 200 OK\r\n\r\n")]
    [InlineData("\r\n\r\n")]
    [InlineData("<html>\r\n\r\n")]
    [InlineData(Start + "no colon\r\n\r\n")]
    [InlineData(Start + ": no name\r\n\r\n")]
    [InlineData(Start + "two words: 1\r\n\r\n")]
    [InlineData(Start + "caf\u00e9: 1\r\n\r\n")]
    [InlineData(Start + " folded: nowhere\r\n\r\n")]
    public void Head_IsNone_IsRefused(string head) =>
        Assert.Equal(HttpRequestError.InvalidResponse, Assert.Throws<HttpIOException>(() => Parse(head)).HttpRequestError);

    /// <summary>Nobody can say where these end (RFC 9112, section 6.3), or another parser would read them otherwise.</summary>
    [Theory]
    [InlineData("Content-Length: -1\r\n")]
    [InlineData("Content-Length: +1\r\n")]
    [InlineData("Content-Length: 1 2\r\n")]
    [InlineData("Content-Length: 1;2\r\n")]
    [InlineData("Content-Length:\r\n")]
    [InlineData("Content-Length: 1234567890123456789\r\n")]
    [InlineData("Content-Length: 99999999999999999999\r\n")]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n")]
    [InlineData("Content-Length: 5, 6\r\n")]
    [InlineData("Content-Length: 5,\r\n")]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n")]
    [InlineData("Transfer-Encoding: chunked, gzip\r\n")]
    [InlineData("Transfer-Encoding: chunked, chunked\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")]
    [InlineData("Transfer-Encoding: identity\r\n")]
    [InlineData("Transfer-Encoding:\r\n")]
    [InlineData("X: a\rb\r\n")]
    [InlineData("X: a\0b\r\n")]
    [InlineData("X: a\u007fb\r\n")]
    public void Framing_ThatParsersReadDifferently_IsRefused(string lines) =>
        Assert.Equal(
            HttpRequestError.InvalidResponse,
            Assert.Throws<HttpIOException>(() => Parse(Start + lines + "\r\n")).HttpRequestError);

    [Theory]
    [InlineData("HTTP/1.1 200 a\rb\r\n\r\n")]
    [InlineData("HTTP/1.1 200 a\0b\r\n\r\n")]
    public void Reason_ControlCharacters_AreRefused(string head) => Assert.Throws<HttpIOException>(() => Parse(head));

    [Theory]
    [InlineData("A: 1\r\nB: 2\r\n\r\n", true)]
    [InlineData("\r\n", true)]
    [InlineData("A: a\rb\r\n\r\n", false)]
    [InlineData("A: a\0b\r\n\r\n", false)]
    [InlineData("A B: 1\r\n\r\n", false)]
    [InlineData("no colon\r\n\r\n", false)]
    [InlineData("Content-Length: 5\r\n\r\n", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", false)]
    [InlineData("Connection: close\r\n\r\n", false)]
    [InlineData("Trailer: X\r\n\r\n", false)]
    [InlineData("Host: x\r\n\r\n", false)]
    public void Trailers_WhatMayComeBehindABody_IsReadAndNothingElse(string section, bool isRead)
    {
        var bytes = Encoding.Latin1.GetBytes(section);
        if (isRead)
        {
            Assert.Equal(section.Count(static c => c == ':'), ResponseHead.ParseTrailers(bytes).Count);
        }
        else
        {
            Assert.Throws<HttpIOException>(() => ResponseHead.ParseTrailers(bytes));
        }
    }

    [Theory]
    [InlineData(204, "Content-Length: 11\r\n", false)]
    [InlineData(204, "Transfer-Encoding: chunked\r\n", false)]
    [InlineData(204, "Content-Length: 0\r\n", true)]
    [InlineData(204, "", true)]
    [InlineData(304, "Content-Length: 11\r\n", true)]
    public void KeepsAlive_BodyWhereThereIsNone_IsNotTrusted(int status, string lines, bool keepsAlive) =>
        Assert.Equal(keepsAlive, Parse($"HTTP/1.1 {status} X\r\n{lines}\r\n").KeepsAlive);

    [Fact]
    public void Head_TooManyLines_IsRefused() =>
        Assert.Throws<HttpIOException>(() => Parse(Start
            + string.Concat(Enumerable.Repeat("a: b\r\n", ResponseHead.MaxLines + 1))
            + "\r\n"));

    [Theory]
    [InlineData("Content-Length: 12\r\n", 12L, false, true)]
    [InlineData("content-length:12\r\n", 12L, false, true)]
    [InlineData("Content-Length: 0\r\n", 0L, false, true)]
    [InlineData("Content-Length: 5\r\nContent-Length: 5\r\n", 5L, false, true)]
    [InlineData("Content-Length: 5, 5\r\n", 5L, false, true)]
    [InlineData("Content-Length: 5, 5\r\nContent-Length: 05\r\n", 5L, false, true)]
    [InlineData("Content-Length: 999999999999999999\r\n", 999999999999999999L, false, true)]
    [InlineData("Transfer-Encoding: Chunked\r\n", null, true, true)]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", null, true, false)]
    [InlineData("Connection: close\r\n", null, false, false)]
    [InlineData("Connection: X-A, Close\r\n", null, false, false)]
    [InlineData("Connection: X-A\r\nConnection: close\r\n", null, false, false)]
    [InlineData("Connection: closed\r\n", null, false, true)]
    public void Framing_OfEachKind_IsRead(string lines, long? length, bool isChunked, bool keepsAlive)
    {
        var head = Parse(Start + lines + "\r\n");

        Assert.Equal((length, isChunked, keepsAlive), (head.Length, head.IsChunked, head.KeepsAlive));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("Connection: keep-alive\r\n", true)]
    public void Http10_KeepsAlive_OnlyIfItSaysSo(string lines, bool keepsAlive)
    {
        var head = Parse($"HTTP/1.0 200 OK\r\n{lines}\r\n");

        Assert.Equal((keepsAlive, new Version(1, 0)), (head.KeepsAlive, head.Version));
    }

    [Theory]
    [InlineData("A: 1\r\nB: 2\r\n", "A=1|B=2")]
    [InlineData("A:1\t \r\nB :\t2\r\n", "A=1|B=2")]
    [InlineData("Set-Cookie: a=1\r\nX: 1\r\nset-cookie: b=2\r\n", "Set-Cookie=a=1&b=2|X=1")]
    [InlineData("A: one\r\n two\r\n\tthree\r\nB: 2\r\n", "A=one two three|B=2")]
    [InlineData("A:\r\n", "A=")]
    [InlineData("Connection: X-P\r\nX-P: 1\r\nX-Q: 2\r\nKeep-Alive: 5\r\nUpgrade: h2c\r\nTrailer: T\r\n", "X-Q=2")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5\r\nA: 1\r\n", "A=1")]
    [InlineData("X-Name: caf\u00e9\r\n", "X-Name=caf\u00e9")]
    public void Fields_ThatGoFurther_AreKeptInOrder(string lines, string expected)
    {
        Assert.Equal(expected, FieldsOf(Parse(Start + lines + "\r\n")));

        var headers = new HeaderDictionary();
        Parse(Start + lines + "\r\n").CopyTo(headers);
        Assert.Equal(
            expected.Split('|').Order(StringComparer.Ordinal),
            headers.Select(h => $"{h.Key}={string.Join('&', h.Value.AsEnumerable())}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("A: 1\r\nB: 2\r\n", "A: 1\r\nB: 3\r\n")]
    [InlineData("A: 1\r\nB: 2\r\n", "A: 1\r\nC: 2\r\n")]
    [InlineData("A: 1\r\nB: 2\r\n", "B: 2\r\nA: 1\r\n")]
    [InlineData("A: 1\r\n two\r\nB: 2\r\n", "A: 1\r\nB: 2\r\n")]
    [InlineData("A: 1\r\nB: 2\r\n", "A: 1\r\n two\r\nB: 2\r\n")]
    [InlineData("A: 1\r\n two\r\n", "A: 1\r\n two\r\n three\r\n")]
    [InlineData("Connection: B\r\nB: 2\r\n", "Connection: C\r\nB: 2\r\n")]
    [InlineData("Content-Length: 5\r\nA: 1\r\n", "Content-Length: 55\r\nA: 1\r\n")]
    [InlineData("A: 1\r\n", "A: 1\r\nA: 1\r\n")]
    public void Head_BehindAnother_IsReadAsAlone(string before, string lines)
    {
        var last = Parse(Start + before + "\r\n");
        var text = Start + lines + "\r\n";

        AssertSame(Parse(text), ResponseHead.Parse(Encoding.Latin1.GetBytes(text), last));
    }

    /// <summary>Whatever one head shares with the one before it, what is read of it is the same as if it had come alone.</summary>
    [Fact]
    public void Head_BehindAnyOther_IsReadAsAlone()
    {
        var line = Gen.Elements(
            "A: 1\r\n",
            "A: 2\r\n",
            "B: 1\r\n",
            " more\r\n",
            "Content-Length: 5\r\n",
            "Content-Length: 6\r\n",
            "Connection: A\r\n",
            "Connection: close\r\n",
            "X:\n");
        var head = line.ListOf().Select(static lines => $"{Start}X: 0\r\n{string.Concat(lines)}\r\n");

        Prop.ForAll(head.Two().ToArbitrary(), static heads =>
        {
            var last = TryParse(heads.Item1, null);
            var (alone, behind) = (TryParse(heads.Item2, null), TryParse(heads.Item2, last));
            Assert.Equal(alone is null, behind is null);
            if (alone is not null)
            {
                AssertSame(alone, behind!);
            }
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>However it is cut into pieces, its end is found where it is, and not before.</summary>
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nA: 1\r\n\r\nbody\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nA: 1\n\nbody")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nA: 1\r\n\nx")]
    public void EndOf_ByteAfterByte_IsFoundOnce(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        var whole = 0;
        var expected = HeadSyntax.EndOf(bytes, ref whole);
        var scanned = 0;

        for (var received = 0; received < expected; received++)
        {
            Assert.Equal(-1, HeadSyntax.EndOf(bytes.AsSpan(0, received), ref scanned));
        }

        Assert.Equal(expected, HeadSyntax.EndOf(bytes.AsSpan(0, expected), ref scanned));
        Assert.Equal(200, ResponseHead.Parse(bytes.AsSpan(0, expected), null).Status);
    }

    private static ResponseHead? TryParse(string head, ResponseHead? last)
    {
        try
        {
            return ResponseHead.Parse(Encoding.Latin1.GetBytes(head), last);
        }
        catch (HttpIOException)
        {
            return null;
        }
    }

    private static void AssertSame(ResponseHead expected, ResponseHead head)
    {
        Assert.Equal(FieldsOf(expected), FieldsOf(head));
        Assert.Equal(
            (expected.Status, expected.Length, expected.IsChunked, expected.KeepsAlive),
            (head.Status, head.Length, head.IsChunked, head.KeepsAlive));
    }

    private static string FieldsOf(ResponseHead head) =>
        string.Join('|', head.Fields.ToArray().Select(static field => $"{field.Name}={string.Join('&', field.Values.AsEnumerable())}"));

    private static ResponseHead Parse(string head) => ResponseHead.Parse(Encoding.Latin1.GetBytes(head), null);
}
