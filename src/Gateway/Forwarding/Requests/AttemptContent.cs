using System.Net;
using Gateway.Forwarding.Attempts;

namespace Gateway.Forwarding.Requests;

/// <summary>A request body as one attempt sends it, which remembers whether sending began.</summary>
internal sealed class AttemptContent : HttpContent
{
    private readonly RequestBody _body;
    private readonly long? _length;

    public AttemptContent(RequestBody body, long? length)
    {
        _body = body;
        _length = length;
    }

    /// <summary>
    /// False: not one byte of the request has left. Over HTTP/1.1 SocketsHttpHandler keeps the head in its buffer until
    /// it asks the content for its bytes, so a failure before that is certain not to have reached the destination.
    /// </summary>
    public bool Started { get; private set; }

    /// <summary>All of it was sent.</summary>
    public bool IsSent { get; private set; }

    /// <summary>Whose content it is: told when the client keeps it waiting.</summary>
    public Attempt? Attempt { get; set; }

    /// <summary>
    /// Why the client's body could not be read: the destination is not to blame for what follows, and what follows no longer tells why.
    /// </summary>
    public Exception? ClientFailure { get; set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Started)
        {
            // Only one reason makes SocketsHttpHandler send it again, and only the plan may.
            throw new RefusedStreamException();
        }

        Started = true;
        await _body.WriteToAsync(stream, this, cancellationToken).ConfigureAwait(false);
        IsSent = true;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length ?? 0;
        return _length is not null;
    }
}
