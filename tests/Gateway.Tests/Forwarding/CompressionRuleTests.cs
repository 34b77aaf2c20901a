using Gateway.Configuration.Model;
using Gateway.Forwarding.Compression;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>Which responses are compressed, and how, as a table.</summary>
[Trait("kind", "unit")]
public sealed class CompressionRuleTests
{
    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("gzip, deflate, br, zstd", "zstd")]
    [InlineData("gzip, deflate, br", "br")]
    [InlineData("GZIP", "gzip")]
    [InlineData("x-gzip", "gzip")]
    [InlineData("br;q=0.5, gzip;q=0.8", "gzip")]
    [InlineData("zstd;q=0, br;q=0.000, gzip;q=0.001", "gzip")]
    [InlineData("*", "zstd")]
    [InlineData("*, zstd;q=0", "br")]
    [InlineData("*;q=0", null)]
    [InlineData("gzip;q=0.5, identity", null)]
    [InlineData("gzip, identity;q=0.5", "gzip")]
    [InlineData("gzip, identity", "gzip")]
    [InlineData("identity;q=0, gzip", "gzip")]
    [InlineData("deflate, compress", null)]
    [InlineData("identity", null)]
    [InlineData("", null)]
    [InlineData("gzip;q=2", null)]
    [InlineData("gzip;q=-1", null)]
    [InlineData("gzip;q=", null)]
    [InlineData("gzip;q=1e0", null)]
    [InlineData("gzip;q=0.12345", null)]
    [InlineData("gzip;level=1", null)]
    [InlineData("gzip; q=1.000", "gzip")]
    [InlineData(",,gzip,,", "gzip")]
    public void Coding_IsTheOneThatTheClientLikesBest(string accept, string? coding) =>
        Assert.Equal(coding, new CompressionRule(new CompressionConfig()).Choose(accept)?.Name);

    [Theory]
    [InlineData("application/json", 200, "", true, true)]
    [InlineData("APPLICATION/JSON; charset=utf-8", 200, "", true, true)]
    [InlineData("text/html", 404, "", true, true)]
    [InlineData("text/x-anything", 200, "", true, true)]
    [InlineData("application/problem+json", 503, "", true, true)]
    [InlineData("image/svg+xml", 200, "", true, true)]
    [InlineData("image/png", 200, "", false, false)]
    [InlineData("application/octet-stream", 200, "", false, false)]
    [InlineData("application/grpc", 200, "", false, false)]
    [InlineData("text/event-stream", 200, "", false, false)]
    [InlineData("application/json", 200, "Content-Length: 1023", false, false)]
    [InlineData("application/json", 200, "Content-Length: 1024", true, true)]
    [InlineData("application/json", 200, "Content-Encoding: gzip", false, false)]
    [InlineData("application/json", 200, "Content-Encoding: br", false, false)]
    [InlineData("application/json", 206, "Content-Range: bytes 0-1/2", false, false)]
    [InlineData("application/json", 204, "", false, false)]
    [InlineData("application/json", 304, "", false, false)]
    [InlineData("application/json", 200, "Cache-Control: public, no-transform", false, false)]
    [InlineData("application/json", 200, "Repr-Digest: sha-256=:AA==:", false, false)]
    [InlineData("application/json", 200, "Content-Digest: sha-256=:AA==:", false, false)]
    [InlineData("application/json", 200, "Content-MD5: AA==", false, false)]
    [InlineData("", 200, "", false, false)]
    public void Response_IsCompressedByItsHeaders(string type, int status, string header, bool varies, bool compressed)
    {
        var context = new DefaultHttpContext();
        context.Request.Protocol = "HTTP/1.1";
        context.Request.Headers.AcceptEncoding = "gzip";
        if (type.Length > 0)
        {
            context.Response.ContentType = type;
        }

        if (header.Split(": ") is [var name, var value])
        {
            context.Response.Headers[name] = value;
        }

        var (says, coding) = new CompressionRule(new CompressionConfig()).Decide(context.Request, status, context.Response.Headers);

        Assert.Equal((varies, compressed), (says, coding is not null));
    }

    [Theory]
    [InlineData("HTTP/1.0", "gzip", "", true, false)]
    [InlineData("HTTP/2", "gzip", "", true, true)]
    [InlineData("HTTP/1.1", "", "", true, false)]
    [InlineData("HTTP/1.1", "gzip", "no-transform", false, false)]
    public void Request_HasItsSay(string protocol, string accept, string cacheControl, bool varies, bool compressed)
    {
        var context = new DefaultHttpContext();
        context.Request.Protocol = protocol;
        context.Request.Headers.AcceptEncoding = accept;
        context.Request.Headers.CacheControl = cacheControl;
        context.Response.ContentType = "text/plain";

        var (says, coding) = new CompressionRule(new CompressionConfig()).Decide(context.Request, 200, context.Response.Headers);

        Assert.Equal((varies, compressed), (says, coding is not null));
    }

    [Fact]
    public void Settings_OfTheFile_AreKept()
    {
        var rule = new CompressionRule(new CompressionConfig
        {
            Codings = ["gzip", "br"],
            MinSize = 0,
            Types = ["text/event-stream", "application/x-own"],
            EventStreams = true
        });
        var context = new DefaultHttpContext();
        context.Request.Protocol = "HTTP/1.1";
        context.Request.Headers.AcceptEncoding = "zstd, br, gzip";
        foreach (var (type, coding) in ((string, string?)[])
        [
            ("text/event-stream", "gzip"),
            ("application/x-own", "gzip"),
            ("text/html", null)
        ])
        {
            context.Response.ContentType = type;
            context.Response.ContentLength = type == "application/x-own" ? 1 : null;
            Assert.Equal((type, coding), (type, rule.Decide(context.Request, 200, context.Response.Headers).Coding?.Name));
        }
    }
}
