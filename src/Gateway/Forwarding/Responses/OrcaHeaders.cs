using Gateway.Health.Signals;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding.Responses;

/// <summary>
/// Takes a destination's reports of its load out of a response: they are the gateway's, in the header as in the trailer, and go no further.
/// </summary>
internal static class OrcaHeaders
{
    /// <summary>From the head.</summary>
    public static void Take(ReportedLoad load, IHeaderDictionary headers)
    {
        if (headers.TryGetValue(OrcaReport.Header, out var value))
        {
            Note(load, value);
            headers.Remove(OrcaReport.Header);
        }

        headers.Remove(OrcaReport.BinaryHeader);
    }

    /// <summary>From the trailers; gives the others.</summary>
    public static IReadOnlyList<KeyValuePair<string, StringValues>> Take(
        ReportedLoad load, IReadOnlyList<KeyValuePair<string, StringValues>> trailers)
    {
        List<KeyValuePair<string, StringValues>>? others = null;
        for (var i = 0; i < trailers.Count; i++)
        {
            var isReport = string.Equals(trailers[i].Key, OrcaReport.Header, StringComparison.OrdinalIgnoreCase);
            if (isReport)
            {
                Note(load, trailers[i].Value);
            }

            if (isReport || string.Equals(trailers[i].Key, OrcaReport.BinaryHeader, StringComparison.OrdinalIgnoreCase))
            {
                others ??= [.. trailers.Take(i)];
            }
            else
            {
                others?.Add(trailers[i]);
            }
        }

        return others ?? trailers;
    }

    private static void Note(ReportedLoad load, StringValues value)
    {
        if (OrcaReport.TryParse(value.Count > 0 ? value[0] : null, out var report))
        {
            load.Report(report);
        }
    }
}
