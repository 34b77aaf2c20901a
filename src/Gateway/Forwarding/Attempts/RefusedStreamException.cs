namespace Gateway.Forwarding.Attempts;

/// <summary>
/// A destination refused a stream of HTTP/2 without processing it (REFUSED_STREAM or GOAWAY; RFC 9113, section 8.7),
/// and <see cref="System.Net.Http.SocketsHttpHandler"/> would send the request again by itself. It is safe to repeat,
/// and it is the plan that does.
/// </summary>
internal sealed class RefusedStreamException() : IOException("The destination refused the request without processing it.");
