using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;
using Gateway.LastGood.Policy;

namespace Gateway.Cli;

/// <summary>What a request's way to the destinations is, in words for <c>explain</c> and <c>plan</c>.</summary>
internal static class AttemptText
{
    /// <summary>How often it is tried, after what, and within which budget.</summary>
    public static string AttemptsOf(AttemptsConfig attempts)
    {
        if (attempts.Max == 1)
        {
            return "1, never tried elsewhere";
        }

        (bool On, string Name)[] reasons =
        [
            (attempts.OnConnect, "connect"),
            (attempts.OnReset, "reset"),
            (attempts.OnTimeout, "timeout"),
            (attempts.OnTruncated, "truncated")
        ];
        var listed = reasons.Where(reason => reason.On)
            .Select(reason => reason.Name)
            .Concat(attempts.OnStatus.Select(status => status.ToString(CultureInfo.InvariantCulture)))
            .ToList();
        var hedge = attempts.Hedge switch
        {
            HedgeMode.Auto => "hedged when the first is late",
            HedgeMode.Off => "never hedged",
            _ => $"hedged after {DurationText.Format(attempts.HedgeAfter)}",
        };
        return $"up to {attempts.Max}, after {(listed.Count == 0 ? "no failure" : string.Join(", ", listed))}; {hedge}; within "
            + $"{PercentText.Format(attempts.RetryBudget)} of all requests";
    }

    /// <summary>How much of the request and of its response is held, to try again.</summary>
    public static string BuffersOf(RouteConfig route, ClusterConfig cluster) =>
        (cluster.Attempts.RequestBuffer > 0
            ? $"a request up to {SizeText.Format(cluster.Attempts.RequestBuffer)} can be sent again"
            : "no request with a body is sent again")
        + (route.Stream is not null ? ", an event stream is given from its first event on"
            : cluster.ResponseBuffer > 0
            ? $", a response up to {SizeText.Format(cluster.ResponseBuffer)} is given once it is whole"
            : ", a response is given as it comes");

    /// <summary>Whether the next tier gets it as well, to compare both; null: it does not.</summary>
    public static string? MirrorOf(ClusterConfig cluster, string method) =>
        cluster is { Mirror: > 0, Tiers: [_, var next, ..] } && HttpMethods.IsGet(method)
            ? $"{next.Name} gets {PercentText.Format(cluster.Mirror)} of such requests as well, and both responses are compared"
            : null;

    /// <summary>What bounds it in time.</summary>
    public static string DeadlinesOf(RouteConfig route, ClusterConfig cluster, string method)
    {
        var times = cluster.Timeouts;
        return route.Stream is { } stream
            ? $"connect {DurationText.Format(times.Connect)}, first event {DurationText.Format(stream.FirstContent)}, then "
                + $"{DurationText.Format(stream.Idle)} between pieces; no total for event streams"
            : $"connect {DurationText.Format(times.Connect)}, first byte "
                + $"{DurationText.Format(!SafeMethods.Contains(method) ? times.FirstByteWrites : times.FirstByte)}, "
                + $"{DurationText.Format(times.Idle)} between pieces, {DurationText.Format(times.Total)} total";
    }
}
