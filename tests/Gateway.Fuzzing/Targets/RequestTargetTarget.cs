using System.Text;
using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;
using Gateway.Forwarding.Requests;
using Gateway.Fuzzing.Engine;
using Microsoft.AspNetCore.Http;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// Targets of requests: what destinations are asked for begins with a slash, has no dot segment, is the same when it is made again, and
/// is not left by a rewrite. Parameters of a query are parts of it.
/// </summary>
internal sealed class RequestTargetTarget : IFuzzTarget
{
    private static readonly string[] Texts =
    [
        "/a/b?c=d&e=%20f+g", "/a/./b/../c", "/%2e%2E/a/%2e", "http://host/a?b", "http://host?b", "*", "/api/../x", "/api/%2e%2e%2fx",
        "/api\\..\\x", "//",
        "/api/v1/a;b=c?d",
    ];

    private static readonly DefaultHttpContext Context = new();

    private static readonly TargetRewrite[] Rewrites =
    [
        RewriteOf(new RewriteConfig
        {
            StripPrefix = "/api",
        }),
        RewriteOf(new RewriteConfig
        {
            StripPrefix = "/api/v1",
            Prefix = "/v2",
        }),
    ];

    /// <inheritdoc/>
    public string Name => "request-target";

    /// <inheritdoc/>
    public int MostBytes => 1024;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds => Texts.Select(Encoding.ASCII.GetBytes);

    /// <inheritdoc/>
    public IEnumerable<string> Words =>
        ["/", "//", ".", "..", "/../", "/./", "%2e", "%2E", "%2f", "%5c", "\\", "?", "&", "=", "+", "%", "%00", "%zz", "://", "http://",
        "/api", "/v1", "*", "#", ";"];

    /// <inheritdoc/>
    public long MemoryFor(int length) => 64 * 1024 + (400L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        var raw = Encoding.Latin1.GetString(input.Span);
        var target = RequestTarget.Of(raw);
        Check(target, "a target");
        Invariant.Same(target, RequestTarget.Of(target), "a target that is made again is the same");
        Invariant.Holds(!RequestTarget.IsOfServer(raw) || target is "/", "what is asked of the server has no path");
        Segments(target);
        try
        {
            Check(Rewrites[input.Length % Rewrites.Length].Apply(Context, target), "a rewritten target");
        }
        catch (BadHttpRequestException)
        {
            // It would lead out of the part that it may name.
        }

        foreach (var pair in new QueryPairs(target[PathText.Of(target).Length..]))
        {
            Invariant.Holds(pair.Value.Length <= target.Length, "a parameter is a part of its query");
            _ = pair.IsNamed("c");
        }
    }

    private static void Check(string target, string what)
    {
        Invariant.Holds(target is ['/', ..], $"{what} begins with a slash");
        Invariant.Holds(!RequestTarget.HasDotSegment(PathText.Of(target)), $"{what} has no dot segment");
    }

    private static void Segments(string target)
    {
        var path = PathText.Of(target);
        var joined = new StringBuilder();
        for (var i = 0; i < path.Count('/'); i++)
        {
            joined.Append('/').Append(PathText.Segment(path, i));
        }

        Invariant.Same(path.ToString(), joined.ToString(), "a path is its segments");
    }

    private static TargetRewrite RewriteOf(RewriteConfig rewrite) =>
        TargetRewrite.Of(new RouteConfig
        {
            Name = "all",
            Path = "/{**rest}",
            Rewrite = rewrite,
        })!;
}
