using Gateway.Forwarding.Responses;
using Gateway.Upstream;

namespace Gateway.Forwarding.Requests;

/// <summary>The body of an attempt's response, in one of two ways, or none at all.</summary>
/// <param name="Buffered">All of it, in memory.</param>
/// <param name="Stream">As it comes; it reports its own end as evidence.</param>
internal readonly record struct AttemptBody(BufferedBody? Buffered, ReadOnlyStream? Stream);
