using System.Collections.Concurrent;
using Gateway.Configuration.Model;
using Gateway.Observability;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Gateway.LastGood;

// What operators see and may forget.
internal sealed partial class LastGoodStore
{
    // Below it the header that splits keys is named.
    private const double LowCoverage = 0.5;

    /// <summary>The route's share of the last hour's requests that a total outage could have answered (<c>coverage</c>).</summary>
    public CoverageReading CoverageOf(string route) =>
        _coverage.TryGetValue(route, out var coverage) ? coverage.Read(Minute()) : default;

    /// <summary>The request header that keeps a route's coverage below one half: its values give nearly every request a key of its own. Null: there is none.</summary>
    public string? SplitBy(string route) =>
        _splits.TryGetValue(route, out var split) && CoverageOf(route).Ratio < LowCoverage ? split.Most(Minute() / 60) : null;

    /// <summary>Counts a request that no kept response could be given to, and that neither <see cref="Find"/> nor OnResponse sees.</summary>
    public void CountUnanswerable(RouteConfig route)
    {
        if (route.LastGood is not null)
        {
            CountCoverage(route, answerable: false);
        }
    }

    /// <summary>How many responses of a route are in memory, and the bytes that they are counted for. Costs nothing, whatever is kept.</summary>
    public (long Entries, long Bytes) TotalsOf(string route) => _memory.TotalsOf(route);

    /// <summary>The responses that are kept, without bodies, sorted by key.</summary>
    /// <param name="prefix">Begin of the key, or of the path; empty: all.</param>
    /// <param name="limit">At most so many: the first ones by key. The rest is gone through, and not held.</param>
    public IReadOnlyList<LastGoodEntry> List(string prefix, int limit)
    {
        prefix = EscapedText.OfOperator(prefix);

        // The last by key of those that are in so far stands at the queue's head and leaves first.
        var first = new PriorityQueue<StoredResponse, string>(Comparer<string>.Create(static (a, b) => string.CompareOrdinal(b, a)));
        foreach (var answer in _memory.All)
        {
            if (answer.IsMarker || !PurgeRule.Begins(answer, prefix))
            {
                continue;
            }

            if (first.Count < limit)
            {
                first.Enqueue(answer, answer.Key);
            }
            else
            {
                first.EnqueueDequeue(answer, answer.Key);
            }
        }

        var now = _time.GetTimestamp();
        var entries = new LastGoodEntry[first.Count];
        for (var i = entries.Length - 1; i >= 0; i--)
        {
            var answer = first.Dequeue();
            entries[i] = new LastGoodEntry(answer.Key, answer.Route, answer.Tier, AgeOf(answer, now), answer.Body.Length, answer.IsNearest);
        }

        return entries;
    }

    /// <summary>Forgets what a rule means, here and behind, and what is on its way for it.</summary>
    /// <returns>How many responses left memory.</returns>
    public int Purge(PurgeRule rule)
    {
        rule = rule.Normalised;
        var purged = _memory.Purge(rule, _time.GetTimestamp());
        var at = Now().UnixMs;
        _behind?.Enqueue(BackingChange.Of(rule, at));
        if (rule.By == PurgeBy.Key && _behind is { } behind)
        {
            foreach (var answer in purged)
            {
                // The nearest responses that the key has filled.
                behind.Enqueue(new BackingChange(ChangeKind.PurgeKey, answer.Key, at));
            }
        }

        Purged(rule.By, rule.Text, purged.Count);
        return purged.Count(static answer => !answer.IsMarker);
    }

    /// <summary>Forgets what another gateway purged. It has told the store behind already.</summary>
    public void ForgetPurged(PurgeRule rule)
    {
        var purged = _memory.Purge(rule.Normalised, _time.GetTimestamp());
        Purged(rule.By, rule.Text, purged.Count);
    }

    private void CountSplit(CacheKeyTemplate plan, HttpRequest request, in RequestMetadata facts)
    {
        var route = plan.Route.Name;
        if (!_splits.TryGetValue(route, out var split))
        {
            split = _splits.GetOrAdd(route, static _ => new SplitHeaders());
        }

        foreach (var (name, values) in request.Headers)
        {
            if (plan.IsOwn(name, facts.TrustsForwarded) && split.Count(name, values, Minute() / 60) && CoverageOf(route).Ratio is < LowCoverage and var ratio)
            {
                KeysSplit(route, name, Math.Round(ratio * 100));
            }
        }
    }

    private long Minute() => _time.GetTimestamp() / _time.TimestampFrequency / 60;

    private void CountCoverage(RouteConfig route, bool answerable)
    {
        if (!_coverage.TryGetValue(route.Name, out var coverage))
        {
            coverage = _coverage.GetOrAdd(route.Name, static _ => new Coverage());
        }

        coverage.Count(Minute(), answerable);
    }

    [LoggerMessage(5004, LogLevel.Warning, "An outage could answer {Percent} % of the requests of the route \"{Route}\": the header \"{Header}\" has another value in nearly every request and gives each a key of its own. If the service does not use it, name it in \"lastGood.ignoreHeaders\".")]
    private partial void KeysSplit(string route, string header, double percent);

    [LoggerMessage(5002, LogLevel.Information, "Last-good responses were purged by {By} \"{Text}\": {Count} left memory.")]
    private partial void Purged(PurgeBy by, string text, int count);
}

/// <summary>One kept response, as operators see it: no body.</summary>
internal sealed record LastGoodEntry(string Key, string Route, string Tier, TimeSpan Age, long Size, bool IsNearest);
