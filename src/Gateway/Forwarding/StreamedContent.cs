using System.Net;
using System.Net.Http;

namespace Gateway.Forwarding;

/// <summary>An answer that is handed on as it comes, read through a stream of ours that watches it.</summary>
internal sealed class StreamedContent(HttpContent upstream, Stream body, Attempt attempt) : HttpContent
{
    /// <summary>Where it comes from.</summary>
    public Attempt Attempt => attempt;

    /// <summary>The headers of the body as they came.</summary>
    public System.Net.Http.Headers.HttpContentHeaders UpstreamHeaders => upstream.Headers;

    /// <summary>What it is read from.</summary>
    public HttpContent Upstream => upstream;

    /// <summary>The body.</summary>
    public Stream Body => body;

    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult(body);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => body.CopyToAsync(stream);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
            upstream.Dispose();
        }

        base.Dispose(disposing);
    }
}
