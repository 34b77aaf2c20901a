using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Gateway.Cli.Migration.HaProxy;

/// <summary>Lines without a counterpart, and why; those that are carried over or do not matter are silent.</summary>
internal static class HaProxyNotes
{
    private static readonly FrozenDictionary<string, (string Why, string Instead)> Reasons =
        new Dictionary<string, (string, string)>(StringComparer.Ordinal)
        {
            [
        "errorfile"] =
            (
                "Pages for errors are the fallback chain's",
                "Put the page into the folder staticFallback and write fallback: [ { file: PAGE.html } ] on the route"),
            [
        "errorfiles"] =
            (
                "Pages for errors are the fallback chain's",
                "Put the pages into the folder staticFallback and write fallback: [ { file: PAGE.html } ] on the route"),
            [
        "http-error"] =
            (
                "Pages for errors are the fallback chain's",
                "Put the page into the folder staticFallback and write fallback: [ { file: PAGE.html } ] on the route"),
            ["errorloc"] = ("Errors do not redirect", "Write a fallback chain on the route"),
            ["stats"] = ("The admin endpoint shows it", "See http://127.0.0.1:8081/ and docs/operations.md"),
            ["use-server"] = ("A route leads to a cluster, not to one server", "Write a cluster of that server and a route to it"),
            ["stick-table"] = ("Nothing is counted in tables", "Write rateLimit on a route, or affinity on the cluster"),
            ["tcp-request"] = ("Connections are not judged one by one", "Write allow, deny or rateLimit on a route"),
            ["tcp-response"] = ("TCP is not forwarded", "Leave it out"),
            ["filter"] = ("Filters do not run in the gateway", "Write compression: on if it is compression"),
            ["auth"] = ("Passwords are not checked", "Let the service check them, or write allow with the networks that may ask"),
            ["email-alert"] = ("No mail is sent", "Write notify with a webhook or a program"),
            ["monitor-uri"] = ("The gateway's own health is on the admin endpoint", "Use /readyz there"),
            ["monitor"] = ("The gateway's own health is on the admin endpoint", "Use /readyz there"),
            ["capture"] = ("Logs have fields of their own", "See docs/observability.md"),
            ["force-persist"] = ("A destination that is down gets no requests", "Leave it out"),
            ["ignore-persist"] = ("Affinity is a cluster's", "Leave it out"),
            ["fullconn"] = ("Connections are not scaled by load", "Write capacity on the tier"),
            ["http-after-response"] = ("It is not read", "Write headers.response on the route"),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Requests = new[]
    {
        "redirect",
        "deny",
        "reject",
        "set-header",
        "add-header",
        "del-header",
        "replace-path",
        "set-path",
        "disable-l7-retry",
        "capture",
        "set-log-level"
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Notes what of all sections is not carried over.</summary>
    public static void OfAll(ImmutableArray<HaProxySection> sections, Draft draft)
    {
        foreach (var section in sections)
        {
            if (section.Kind is "peers" or "cache" or "program" or "fcgi-app" or "ring" or "log-forward" or "userlist")
            {
                draft.Note(
                    section.At,
                    $"{section.Kind} {section.Name}".TrimEnd(),
                    "Such a section has no counterpart",
                    section.Kind is "cache"
                        ? "Put a cache in front or behind; lastGood keeps responses for outages"
                        : "See docs/coming-from-haproxy.md");
            }

            if (section.Kind is not ("frontend" or "backend" or "listen"))
            {
                continue;
            }

            foreach (var line in section.Inherited.Concat(section.Own))
            {
                Line(line, section, draft);
            }

            if (section.Last("compression", "algo") is { } algorithm)
            {
                draft.Compression ??= algorithm.Has("gzip") ? "{ codings: [ gzip ] }" : "on";
            }
        }
    }

    private static void Line(HaProxyLine line, HaProxySection section, Draft draft)
    {
        if (Reasons.TryGetValue(line.Name, out var reason))
        {
            draft.Note(line.At, line.ToString(), reason.Why, reason.Instead);
        }
        else if (line.Name is "http-request" or "http-response" && !Requests.Contains(line[1]))
        {
            var closes = line[1] is "auth" ? ", so that the routes are closed (deny)" : "";
            draft.Note(
                line.At,
                line.ToString(),
                $"\"{line[1]}\" is not carried over{closes}",
                line[1] is "auth"
                    ? "Let the service check passwords and take deny off, or write allow with the networks that may ask"
                    : line[1] is "track-sc0" or "tarpit" ? "Write rateLimit on the route"
                    : "See docs/coming-from-haproxy.md");
        }
        else if (line.Name is "http-request" && section.Kind is "backend" && line[1] is "deny" or "redirect" or "reject")
        {
            draft.Note(
                line.At,
                line.ToString(),
                "Rules of a backend are not carried over",
                "Write them on the routes that lead to its cluster");
        }
    }
}
