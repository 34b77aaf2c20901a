using Gateway.Drills.Figures;
using Gateway.Drills.Load;

namespace Gateway.Drills.Running;

/// <summary>Holds what was measured against what a drill file expects.</summary>
internal static class Judge
{
    /// <summary>Every expectation with its measured value.</summary>
    public static Verdict Of(Measured measured)
    {
        var (expect, verdict) = (measured.Plan.Expect, new Verdict());
        var total = Math.Max(1, measured.Ledger.Total);

        // 1. What users got.
        _ = expect.FailedShare > 0
            ? verdict.ShareAtMost("failed", measured.Failed / (double)total, expect.FailedShare)
            : verdict.AtMost("failed", measured.Failed, expect.Failed ?? 0);
        When(expect.Degraded, limit => verdict.ShareAtMost("degraded", measured.Ledger.Degraded / (double)total, limit));
        When(expect.Static, limit => verdict.AtMost("static", measured.Static, limit));
        When(expect.Coverage, limit => verdict.ShareAtLeast("degraded answers covered by last-good ones", measured.Coverage, limit));
        When(expect.P99, limit => verdict.Within("p99 during the fault", measured.During.P99, limit));
        When(expect.Max, limit => verdict.Within("longest wait during the fault", measured.During.Max, limit));
        var seen = Seen(measured);
        foreach (var who in expect.Seen)
        {
            verdict.AtLeast($"answers by {who}", seen.GetValueOrDefault(who), 1);
        }

        // 2. What the gateway did.
        When(expect.SwitchWithin, limit => verdict.Within("switched after", measured.Switched, limit));
        When(expect.BackWithin, limit => verdict.Within("first tier active again after", measured.Returned, limit));
        When(expect.LiveWithin, limit => verdict.Within("live again after", measured.Live, limit));
        if (expect.Transitions is { } transitions)
        {
            verdict.Same("transitions", measured.Transitions, [.. transitions.Order(StringComparer.Ordinal)]);
        }

        When(expect.TransitionsAtMost, limit => verdict.AtMost("transitions", measured.Transitions.Count, limit));
        When(expect.ExtraAttempts, limit => verdict.AtMost(
            $"extra attempts (budget {limit * 100:0.#} %)", measured.ExtraAttempts, Math.Max(total * limit, measured.Plan.Load.For.TotalSeconds * Thresholds.ExtraFloor)));
        if (expect.PostOnce && measured.Orders is { } orders)
        {
            verdict.AtLeast("orders executed", orders.Executed, 1).Exactly("orders executed twice", orders.Twice.Count, 0).Exactly("orders acknowledged and never executed", orders.Lost.Count, 0);
        }

        // 3. Whether the run says anything at all.
        return verdict.Within("lateness of the generator (p99)", measured.Ledger.Lateness().P99, expect.Lateness ?? Thresholds.GeneratorLateness);
    }

    /// <summary>How many answers each tier and rung gave.</summary>
    public static IReadOnlyDictionary<string, int> Seen(Measured measured)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (ref readonly var entry in measured.Ledger.Entries)
        {
            var who = measured.ServedBy(entry);
            seen[who] = seen.GetValueOrDefault(who) + 1;
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
