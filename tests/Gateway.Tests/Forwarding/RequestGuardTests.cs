using Gateway.Forwarding.Requests;
using Gateway.Upstream;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "unit")]
public sealed class RequestGuardTests
{
    public static TheoryData<int> Bytes() => [.. Enumerable.Range(0, 256)];

    [Theory]
    [MemberData(nameof(Bytes))]
    public void Name_AnyCharacter_PassesOnlyAsTokenOfRfc9110(int code)
    {
        var isToken = char.IsAsciiLetterOrDigit((char)code) || "!#$%&'*+-.^_`|~".Contains((char)code, StringComparison.Ordinal);

        Assert.Equal(isToken, Problem(headers: [($"x{(char)code}y", "1")]) is null);
        Assert.Equal(isToken, HttpSyntax.IsToken(((char)code).ToString()));
    }

    [Theory]
    [MemberData(nameof(Bytes))]
    public void Value_AnyCharacter_PassesUnlessControl(int code) =>
        Assert.Equal(code is '\t' or (>= 0x20 and not 0x7F), Problem(headers: [("x", $"a{(char)code}b")]) is null);

    [Theory]
    [MemberData(nameof(Bytes))]
    public void Target_AnyCharacter_PassesAsVisibleAsciiWithoutFragment(int code) =>
        Assert.Equal(code is >= 0x21 and <= 0x7E and not '#', Problem(target: $"/a{(char)code}b?c") is null);

    [Theory]
    [InlineData("HTTP/1.1", "Transfer-Encoding", "chunked", true)]
    [InlineData("HTTP/1.0", "Transfer-Encoding", "chunked", false)]
    [InlineData("HTTP/1.1", "Content-Length", "5", true)]
    [InlineData("HTTP/1.0", "Content-Length", "5", true)]
    public void Framing_OneOfTheTwo_PassesWhereItExists(string protocol, string name, string value, bool passes) =>
        Assert.Equal(passes, Problem(protocol: protocol, headers: [(name, value)]) is null);

    [Fact]
    public void Framing_LengthAndChunks_IsAProblem()
    {
        // Kestrel has renamed the length by the time that a request is seen.
        Assert.NotNull(Problem(headers: [("Transfer-Encoding", "chunked"), ("X-Content-Length", "5")]));
        Assert.NotNull(Problem(headers: [("Transfer-Encoding", "chunked"), ("Content-Length", "5")]));
        Assert.Null(Problem(headers: [("X-Content-Length", "5")]));
    }

    [Theory]
    [InlineData(true, "chunked")]
    [InlineData(true, "Chunked")]
    [InlineData(false, "gzip")]
    [InlineData(false, "gzip, chunked")]
    [InlineData(false, "chunked, chunked")]
    [InlineData(false, ",chunked")]
    [InlineData(false, "chunked,")]
    [InlineData(false, "chunked", "chunked")]
    [InlineData(false, "gzip", "chunked")]
    public void Coding_ChunkedOnce_Passes(bool passes, params string[] lines) =>
        Assert.Equal(passes, Problem(headers: [.. lines.Select(static line => ("Transfer-Encoding", line))]) is null);

    [Theory]
    [InlineData("", true)]
    [InlineData("a b", true)]
    [InlineData(" ", false)]
    [InlineData(" a", false)]
    [InlineData("a ", false)]
    [InlineData("\ta", false)]
    [InlineData("a\t", false)]
    public void Value_BlankAtAnEnd_IsAProblem(string value, bool passes) => Assert.Equal(passes, Problem(headers: [("x", value)]) is null);

    [Theory]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("Upgrade", "h2c")]
    [InlineData("Keep-Alive", "5")]
    [InlineData("Proxy-Connection", "close")]
    [InlineData("Host", "")]
    public void Http2_HeaderOfAConnectionOrNoHost_IsAProblem(string name, string value) =>
        Assert.NotNull(name == "Host" ? Problem("HTTP/2", headers: [(name, value)]) : Problem("HTTP/2", headers:
        [
            ("Host", "a"),
            (name, value)
        ]));

    [Theory]
    [InlineData("GET", true)]
    [InlineData("M-SEARCH", true)]
    [InlineData("", false)]
    [InlineData("GE T", false)]
    [InlineData("GET\r\nX: y", false)]
    public void Method_IsAToken(string method, bool passes) => Assert.Equal(passes, Problem(method: method) is null);

    private static string? Problem(
        string protocol = "HTTP/1.1",
        string method = "GET",
        string target = "/",
        params (string Name, string Value)[] headers)
    {
        var dictionary = new HeaderDictionary();
        foreach (var (name, value) in headers)
        {
            dictionary.Append(name, value);
        }

        return RequestGuard.ProblemOf(protocol, method, target, dictionary);
    }
}
