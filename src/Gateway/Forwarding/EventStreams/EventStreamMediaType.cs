using Gateway.Upstream;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding.EventStreams;

/// <summary>Tells event streams from other responses.</summary>
internal static class EventStreamMediaType
{
    private const string Name = "text/event-stream";

    /// <summary>
    /// True for a 200 of the media type <c>text/event-stream</c>. With any other status it is a body like others, an error's JSON for
    /// instance; so it is when it is compressed, where no event can be seen.
    /// </summary>
    public static bool Is(UpstreamResponse response)
    {
        if (response.Status != StatusCodes.Status200OK || response.Header("Content-Type") is not { Count: > 0 } types)
        {
            return false;
        }

        // As it came: a parameter that is malformed, such as an empty one, does not make it another type.
        var type = default(ReadOnlySpan<char>);
        foreach (var value in types)
        {
            type = value;
        }

        var parameters = type.IndexOf(';');
        return (parameters < 0 ? type : type[..parameters]).Trim().Equals(Name, StringComparison.OrdinalIgnoreCase)
            && IsUncoded(response.Header("Content-Encoding"));
    }

    private static bool IsUncoded(StringValues codings)
    {
        foreach (var line in codings)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var coding = line.AsSpan()[range].Trim();
                if (!coding.IsEmpty && !coding.Equals("identity", StringComparison.OrdinalIgnoreCase)
                    && !coding.Equals("none", StringComparison.OrdinalIgnoreCase))
                {
                    return false;
                }
            }
        }

        return true;
    }
}
