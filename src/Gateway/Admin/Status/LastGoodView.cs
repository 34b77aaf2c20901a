using System.Globalization;
using Gateway.Admin.Endpoints;
using Gateway.LastGood.Policy;

namespace Gateway.Admin.Status;

/// <summary>What <c>GET /last-good</c> shows.</summary>
/// <param name="Routes">Sums by route.</param>
/// <param name="Entries">The first responses by key.</param>
/// <param name="More">There are further ones: ask with a longer <c>prefix</c> or a larger <c>limit</c>.</param>
internal sealed record LastGoodListing(IReadOnlyList<LastGoodStatus> Routes, IReadOnlyList<LastGoodEntryStatus> Entries, bool More);

/// <summary>One stored response, without its body.</summary>
/// <param name="Key">The whole key; secrets in it are digests.</param>
/// <param name="Tier">Who gave it.</param>
/// <param name="Age">Seconds.</param>
/// <param name="Size">Bytes of the body, as it was sent.</param>
/// <param name="Nearest">It stands under a coarser key, for those whose exact response was never seen.</param>
internal sealed record LastGoodEntryStatus(string Key, string Route, string Tier, double Age, long Size, bool Nearest);

/// <summary>Reads the store of last-good responses for operators.</summary>
internal static class LastGoodView
{
    /// <summary>Entries that are shown unless asked otherwise.</summary>
    public const int DefaultLimit = 100;

    /// <summary>Entries that can be shown at once.</summary>
    public const int MostEntries = 10_000;

    /// <summary><c>GET /last-good?prefix=…&amp;limit=…</c>.</summary>
    public static Task WriteAsync(HttpContext context, AdminSources sources)
    {
        var query = context.Request.Query;
        var limit = DefaultLimit;
        if (query["limit"] is [{ Length: > 0 } text, ..]
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit > MostEntries))
        {
            return AdminJson.ProblemAsync(context, 400, $"The \"limit\" is no number from 0 to {MostEntries}.");
        }

        var prefix = query["prefix"] is [{ } given, ..] ? given : "";
        var entries = limit == 0 ? [] : sources.LastGoodEntries(prefix, limit + 1);
        return AdminJson.WriteAsync(context, new LastGoodListing(
            sources.LastGood(),
            [
            .. entries.Take(limit).Select(static e => new LastGoodEntryStatus(
                e.Key,
                e.Route,
                e.Tier,
                Math.Round(e.Age.TotalSeconds, 1),
                e.Size,
                e.IsNearest))],
            entries.Count > limit));
    }

    /// <summary>What <c>DELETE /last-good?key=…|prefix=…|route=…</c> means; null: more than one was given.</summary>
    public static PurgeRule? RuleOf(IQueryCollection query)
    {
        string? key = Given(query, "key"), prefix = Given(query, "prefix"), route = Given(query, "route");
        return (key, prefix, route) switch
        {
            // In the form that keys have: what is told to the journal and to other gateways holds no secret.
            (not null, null, null) => new PurgeRule(PurgeBy.Key, key).Normalised,
            (null, null, not null) => new PurgeRule(PurgeBy.Route, route),
            (null, _, null) => new PurgeRule(PurgeBy.Prefix, prefix ?? "").Normalised,
            _ => null,
        };
    }

    /// <summary>What was purged, in words.</summary>
    public static string Words(PurgeRule rule, long count)
    {
        var responses = count == 1 ? "1 stored response" : $"{count.ToString(CultureInfo.InvariantCulture)} stored responses";
        var were = count == 1 ? "was" : "were";
        return rule.By switch
        {
            PurgeBy.Key => $"{responses} with the key \"{rule.Text}\" {were} forgotten.",
            PurgeBy.Route => $"{responses} of the route \"{rule.Text}\" {were} forgotten.",
            _ when rule.MeansAll => $"{responses} {were} forgotten.",
            _ => $"{responses} whose key or path begins with \"{rule.Text}\" {were} forgotten.",
        };
    }

    private static string? Given(IQueryCollection query, string name) => query[name] is [{ Length: > 0 } value, ..] ? value : null;
}
