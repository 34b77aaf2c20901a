using System.Globalization;
using Gateway.Configuration.Values;

namespace Gateway.Cli.Migration.HaProxy;

/// <summary>Health checks as probes.</summary>
internal static class HaProxyProbe
{
    /// <summary>Sets <c>probe</c> of a cluster.</summary>
    public static void Apply(
        Draft draft,
        DraftCluster cluster,
        HaProxySection section,
        IReadOnlyList<HaProxyLine> servers,
        IReadOnlyList<string> usual)
    {
        var all = new HaProxyLine([.. usual, .. servers.SelectMany(static server => server.Words.Skip(3)), ""], section.At);
        var check = section.Last("option", "httpchk");
        var send = section.Last("http-check", "send");
        if (check is null && send is null)
        {
            // Connecting is all that HAProxy checks, or nothing at all: any response counts.
            cluster.Probe["path"] = "/";
            cluster.Probe["expect"] = "{ status: 100-599 }";
            cluster.Comments.Add(
                "Any response passes a probe, since no HTTP check was written. Write the path of a health page and what it answers.");
        }
        else
        {
            Asked(draft, cluster, check, send);
            foreach (var expect in section.All("http-check", "expect"))
            {
                Expected(draft, cluster, expect);
            }
        }

        Times(draft, cluster, section, all);
    }

    private static void Asked(Draft draft, DraftCluster cluster, HaProxyLine? check, HaProxyLine? send)
    {
        var uri = send?.After("uri")
            ?? (check is null ? null : check[2].StartsWith('/') ? check[2] : check[3].StartsWith('/') ? check[3] : null);
        cluster.Probe["path"] = Flow.Text(uri is { Length: > 0 } && !uri.Contains(' ', StringComparison.Ordinal) ? uri : "/");
        var method = send?.After("meth")
            ?? (check?[2].Length > 0 && !check[2].StartsWith('/') ? check[2] : check is not null && uri is null ? "OPTIONS" : "GET");
        var line = send ?? check!;
        if (method is not "GET")
        {
            draft.Note(
                line.At,
                line.ToString(),
                $"Probes ask by GET, not by {method}",
                "See that the path answers GET, or write another one under probe.path");
        }

        if (send?.Has("hdr") is true || check?.Words.Any(static word => word.Contains("Host:", StringComparison.OrdinalIgnoreCase)) is true)
        {
            draft.Note(
                line.At,
                line.ToString(),
                "Probes have the destination's own name as their Host, and no other headers",
                "See that the path answers such a request");
        }
    }

    private static void Expected(Draft draft, DraftCluster cluster, HaProxyLine expect)
    {
        var range = expect.After("status");
        if (range is not null
            && !expect.Has("!")
            && range.Split('-') is [{ Length: 3 } from, ..] parts
            && HaProxyValues.Whole(from) is >= 100 and <= 599
            && HaProxyValues.Whole(parts[^1]) is >= 100 and <= 599
            && !range.Contains(',', StringComparison.Ordinal))
        {
            cluster.Probe["expect"] = $"{{ status: {range} }}";
        }
        else if (expect.After("string") is { Length: > 0 and <= 1024 } text && !expect.Has("!"))
        {
            cluster.Probe["expect"] = $"{{ body: {Flow.Text(text)} }}";
        }
        else
        {
            draft.Note(
                expect.At,
                expect.ToString(),
                "A probe expects one range of statuses, and a text in the body",
                "Write probe: { expect: { status: 200-399, body: TEXT } }");
        }
    }

    private static void Times(Draft draft, DraftCluster cluster, HaProxySection section, HaProxyLine all)
    {
        if (Within(HaProxyServer.Last(all, "inter"), 50) is { } interval)
        {
            cluster.Probe["interval"] = DurationText.Format(interval);
            var timeout = HaProxyValues.Time(section.Last("timeout", "check")?[2]) ?? interval;
            var longest = TimeSpan.FromMilliseconds(Math.Floor(interval.TotalMilliseconds * 0.8));
            cluster.Probe["timeout"] = DurationText.Format(timeout < longest && timeout.TotalMilliseconds >= 10 ? timeout : longest);
            if (Within(HaProxyServer.Last(all, "fastinter"), 10) is { } fast && fast <= interval)
            {
                cluster.Probe["fastInterval"] = DurationText.Format(fast);
            }
        }
        else if (HaProxyValues.Time(section.Last("timeout", "check")?[2]) is { TotalMilliseconds: >= 10 and < 1000 } timeout)
        {
            cluster.Probe["timeout"] = DurationText.Format(timeout);
        }

        foreach (var word in (ReadOnlySpan<string>)["fall", "rise"])
        {
            if (HaProxyValues.Whole(HaProxyServer.Last(all, word)) is >= 1 and <= 100 and var count)
            {
                cluster.Probe[word] = count.ToString(CultureInfo.InvariantCulture);
            }
        }

        if (HaProxyServer.Last(all, "port") is { } port)
        {
            draft.Note(section.At, $"port {port}", "Probes go to the port of the destination", "Let the service answer on it");
        }
    }

    private static TimeSpan? Within(string? text, int least) =>
        HaProxyValues.Time(text) is { } time && time >= TimeSpan.FromMilliseconds(least) && time <= TimeSpan.FromHours(1) ? time : null;
}
