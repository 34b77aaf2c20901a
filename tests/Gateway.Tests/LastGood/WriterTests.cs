using System.Text;
using Gateway.LastGood;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.Tests.LastGood;

[Trait("kind", "unit")]
public sealed class WriterTests
{
    private static readonly FoundResponse Exact = new(RecordTests.Sample() with { FilledBy = null }, TimeSpan.FromSeconds(90.7));

    [Fact]
    public async Task Write_Get_GivesBodyAndTheContractsHeaders()
    {
        var (response, body) = await Write(Guide.Get("/a", ("Range", "bytes=0-1")), Exact);
        Assert.Equal((200, "hello"), (response.StatusCode, body));
        Assert.Equal("last-good", response.Headers["X-Fallback"]);
        Assert.Equal("90", response.Headers.Age);
        Assert.Equal("gateway; hit; ttl=-30; detail=stale-if-error", response.Headers["Cache-Status"]);
        Assert.Equal("no-cache", response.Headers.CacheControl);
        Assert.Equal("\"1\"", response.Headers.ETag);
        Assert.Equal("text/plain", response.ContentType);
        Assert.Equal(5, response.ContentLength);
    }

    [Fact]
    public async Task Write_Head_GivesTheSameWithoutBody()
    {
        var (response, body) = await Write(Guide.Request("HEAD", "/a"), Exact);
        Assert.Equal((200, "", 5L), (response.StatusCode, body, response.ContentLength));
    }

    [Theory]
    [InlineData("\"1\"", 304)]
    [InlineData("W/\"1\"", 304)]
    [InlineData("\"a,b\", W/\"1\"", 304)]
    [InlineData("\"2\"", 200)]
    [InlineData("\"1", 200)]
    [InlineData("1", 200)]
    [InlineData("*", 200)]
    [InlineData("\"11\"", 200)]
    public async Task Write_IfNoneMatch_304OnlyForTheStoredValidator(string condition, int status)
    {
        var (response, body) = await Write(Guide.Get("/a", ("If-None-Match", condition)), Exact);
        Assert.Equal((status, status == 200 ? "hello" : ""), (response.StatusCode, body));
        Assert.Equal("last-good", response.Headers["X-Fallback"]);
    }

    [Fact]
    public async Task Write_Nearest_SaysSoAndHasNoValidator()
    {
        var (response, body) = await Write(Guide.Get("/a", ("If-None-Match", "\"1\"")), Exact with { Response = RecordTests.Sample() });
        Assert.Equal((200, "hello"), (response.StatusCode, body));
        Assert.Equal("gateway; hit; ttl=-30; detail=nearest", response.Headers["Cache-Status"]);
        Assert.False(response.Headers.ContainsKey("ETag"));
    }

    [Theory]
    [InlineData(0, 0, "-0")]
    [InlineData(10, 3, "-0")]
    [InlineData(10, 10, "-0")]
    [InlineData(0, 25, "-25")]
    public void StatusOf_FreshOrStale_SaysHowLongItIsStale(int fresh, int age, string expected) =>
        Assert.Equal(
            $"gateway; hit; ttl={expected}; detail=stale-if-error",
            LastGoodWriter.StatusOf(new(Exact.Response with { FreshSeconds = fresh }, TimeSpan.FromSeconds(age))));

    [Fact]
    public async Task Write_ClientGone_ReturnsFalseAndDoesNotThrow()
    {
        var request = Guide.Get("/a");
        request.HttpContext.Response.Body = new Broken();
        Assert.False(await LastGoodWriter.WriteAsync(request.HttpContext, Exact));
    }

    private static async Task<(HttpResponse Response, string Body)> Write(HttpRequest request, FoundResponse found)
    {
        var body = new MemoryStream();
        var response = request.HttpContext.Response;
        response.Body = body;
        response.Headers["X-From-A-Failed-Attempt"] = "1";
        Assert.True(await LastGoodWriter.WriteAsync(request.HttpContext, found));
        Assert.False(response.Headers.ContainsKey("X-From-A-Failed-Attempt"));
        return (response, Encoding.UTF8.GetString(body.ToArray()));
    }

    private sealed class Broken : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("The client is gone.");
    }
}
