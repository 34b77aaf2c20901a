using Gateway.Health.Signals;
using Microsoft.Extensions.Primitives;

namespace Gateway.Upstream;

/// <summary>
/// A destination's response, whatever client received it: its head, and its body by reading it as a stream. To the right of this room
/// nothing can tell how it came. Disposing it before its end lets go of the exchange; the connection is then not used again.
/// </summary>
internal abstract class UpstreamResponse : ReadOnlyStream
{
    /// <summary>The status code, from 200 to 599.</summary>
    public abstract int Status { get; }

    /// <summary>The protocol's version by which it came.</summary>
    public abstract Version Version { get; }

    /// <summary>The reason phrase; null: the usual one, or a protocol that has none.</summary>
    public virtual string? Reason => null;

    /// <summary>A body can follow, as far as method and status go (RFC 9110, section 6.4.1).</summary>
    public abstract bool HasBody { get; }

    /// <summary>Reads the whole body into memory of just its length, if all of it is here already; false: nothing was read.</summary>
    public virtual bool TryReadWhole(Span<byte> into) => false;

    /// <summary>
    /// <c>Content-Length</c> in bytes; null: there is none, or the body is framed otherwise. Without <see cref="HasBody"/> it describes a
    /// body that does not follow.
    /// </summary>
    public new abstract long? Length { get; }

    /// <summary>A body that was cut can be told from one that has ended: by a length, by chunks, or by HTTP/2.</summary>
    public abstract bool EndIsKnown { get; }

    /// <summary>
    /// The end is said apart from the length (chunks, HTTP/2): it may bring trailers, or say that the response is broken, and is worth
    /// awaiting.
    /// </summary>
    public abstract bool HasEnd { get; }

    /// <summary>Something is still to be read: a body, or at least an end that is said apart from the length.</summary>
    public bool IsToBeRead => HasBody && (Length is not 0 || HasEnd);

    /// <summary>
    /// The body is quiet for long, as an event stream's: while nothing comes, no buffer of the connection has to wait for it.
    /// </summary>
    public bool IsOftenQuiet { get; set; }

    /// <summary>Takes the reports of load in its trailers; null: they are read by nobody, and go further like others.</summary>
    public ReportedLoad? ReportsTo { get; set; }

    /// <summary>All values of a header; empty: it is not there.</summary>
    public abstract StringValues Header(string name);

    /// <summary>
    /// Gives a user the headers that go further: none of one connection, and no <c>Content-Length</c>, which belongs to the framing.
    /// </summary>
    public abstract void CopyHeadersTo(IHeaderDictionary headers);

    /// <summary>The trailers, once the body was read to its end.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, StringValues>> Trailers { get; }

    /// <summary>Statuses that never have a body, whatever their headers say (RFC 9110, sections 15.2, 15.3.5 and 15.4.5).</summary>
    public static bool IsBodiless(int status) => status is < 200 or StatusCodes.Status204NoContent or StatusCodes.Status304NotModified;
}
