using System.Net;
using System.Net.Http;

namespace Gateway.Forwarding;

/// <summary>
/// Stands where an answer would: it tells the transformer to leave the response untouched, so that the ladder can give its own. An
/// exception would say the same at the price of a stack walk, just when every request needs it.
/// </summary>
internal sealed class NoAnswer : HttpContent
{
    /// <summary>A new marker.</summary>
    public static HttpResponseMessage Create() => new(HttpStatusCode.ServiceUnavailable) { Content = new NoAnswer() };

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return true;
    }
}
