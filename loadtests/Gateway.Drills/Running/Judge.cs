using Gateway.Drills.Figures;

namespace Gateway.Drills.Running;

/// <summary>Holds what was measured against what a drill file expects.</summary>
internal static class Judge
{
    /// <summary>Every expectation with its measured value.</summary>
    public static Verdict Of(Measured measured)
    {
        var (expect, verdict) = (measured.Plan.Expect, new Verdict());
        var total = Math.Max(1, measured.Total);

        // 1. What users got.
        _ = expect.FailedShare > 0
            ? verdict.ShareAtMost("failed", measured.Failed / (double)total, expect.FailedShare).As("failed")
            : verdict.AtMost("failed", measured.Failed, expect.Failed ?? 0).As("failed");
        When(expect.Degraded, limit => verdict.ShareAtMost("degraded", measured.Degraded / (double)total, limit).As("degraded"));
        When(expect.Static, limit => verdict.AtMost("static", measured.Static, limit).As("static"));
        When(
            expect.Coverage,
            limit => verdict.ShareAtLeast("degraded responses covered by last-good ones", measured.Coverage, limit).As("coverage"));
        When(expect.P99, limit => verdict.Within("p99 during the fault", measured.During.P99, limit).As("p99"));
        When(expect.Max, limit => verdict.Within("longest wait during the fault", measured.During.Max, limit).As("max"));
        var seen = Seen(measured);
        foreach (var server in expect.Seen)
        {
            verdict.AtLeast($"responses by {server}", seen.GetValueOrDefault(server), 1).As("seen");
        }

        // 2. What the gateway did.
        When(expect.SwitchWithin, limit => verdict.Within("switched after", measured.Switched, limit).As("switchWithin"));
        When(expect.BackWithin, limit => verdict.Within("first tier active again after", measured.Returned, limit).As("backWithin"));
        When(expect.LiveWithin, limit => verdict.Within("live again after", measured.Live, limit).As("liveWithin"));
        When(
            expect.RampAtLeast,
            limit => verdict.AtLeast("two tiers shared the load on the way back for", measured.Ramped, limit).As("rampAtLeast"));
        if (expect.Transitions is { } transitions)
        {
            verdict.Same("transitions", measured.Transitions, [.. transitions.Order(StringComparer.Ordinal)]).As("transitions");
        }

        When(expect.TransitionsAtMost, limit => verdict.AtMost("transitions", measured.Transitions.Count, limit).As("transitionsAtMost"));
        When(expect.ExtraAttempts, limit => verdict.AtMost(
            $"extra attempts (budget {limit * 100:0.#} %)", measured.ExtraAttempts,
            Math.Max(total * limit, measured.Plan.Load.For.TotalSeconds * Thresholds.ExtraFloor)).As("extraAttempts"));
        if (expect.PostOnce && measured.Orders is { } orders)
        {
            verdict.AtLeast("orders executed", orders.Executed, 1)
                .Exactly("orders executed twice", orders.Twice.Count, 0)
                .Exactly("orders acknowledged and never executed", orders.Lost.Count, 0)
                .As("postOnce");
        }

        // 3. Whether the run says anything at all.
        return verdict.Within("lateness of the generator (p99)", measured.Ledger.Lateness().P99, expect.Lateness
            ?? Thresholds.GeneratorLateness).As("lateness");
    }

    /// <summary>
    /// The other way round, for a run in which the part that a drill guards was taken out: what the file says it misses
    /// must be missed, and the machine must not be to blame.
    /// </summary>
    public static Verdict OfProof(Measured measured)
    {
        var (found, proof) = (Of(measured).Expectations, new Verdict());
        foreach (var key in measured.Plan.Misses)
        {
            var asked = found.Where(expectation => string.Equals(expectation.Key, key, StringComparison.Ordinal)).ToList();
            var shown = asked.Find(expectation => !expectation.Holds) ?? asked[0];
            proof.With(shown with { What = $"missed: {shown.What}", Limit = $"not {shown.Limit}", Holds = !shown.Holds });
        }

        return proof.With(found.First(expectation => expectation.Key is "lateness"));
    }

    /// <summary>How many responses each tier and step of the fallback chain gave.</summary>
    public static IReadOnlyDictionary<string, int> Seen(Measured measured)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (ref readonly var entry in measured.Ledger.Entries)
        {
            var server = measured.ServedBy(entry);
            seen[server] = seen.GetValueOrDefault(server) + 1;
        }

        return seen;
    }

    private static void When<T>(T? limit, Action<T> then)
        where T : struct
    {
        if (limit is { } value)
        {
            then(value);
        }
    }
}
