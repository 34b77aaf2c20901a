namespace Gateway.Observability.History;

/// <summary>What availability a set-up would have, from the measured rates.</summary>
/// <param name="SetUp">The set-up, in words.</param>
/// <param name="Availability">0 to 1.</param>
/// <param name="Nines">-log10(1 - availability); null at 1.</param>
/// <param name="DownAMonth">Expected time without a tier in 30 days.</param>
internal sealed record ForecastRow(string SetUp, double Availability, double? Nines, TimeSpan DownAMonth);

/// <summary>
/// Exponential failures and repairs: a tier that fails at rate l = 1 / MTBF and is repaired at rate m = 1 / MTTR is away for the share
/// u = l / (l + m) of the time. Tiers fail independently, so all are away for the product; and each failure of the first costs
/// the time that the switch takes: l x (1 - u) x s.
/// </summary>
internal static class Forecast
{
    /// <summary>The rows, or none while the first tier has not failed in the window (no rate can be measured then).</summary>
    /// <param name="tiers">The tiers in order with their times.</param>
    /// <param name="cluster">The cluster's times, for the time lost at switches.</param>
    public static IReadOnlyList<ForecastRow> Of(IReadOnlyList<(string Name, TimeSums Times)> tiers, TimeSums cluster)
    {
        if (tiers.Count == 0 || tiers[0].Times is not { Failures: > 0, Up: > 0 } first)
        {
            return [];
        }

        var away = tiers.Select(static t => Away(t.Times)).ToArray();
        var failuresAnHour = first.Failures / (first.Up / 3_600_000.0);
        var switching = TimeSpan.FromMilliseconds((double)cluster.Lost / first.Failures);
        var rows = new List<ForecastRow>
        {
            Row($"{tiers[0].Name} alone, by its {first.Failures} failure{(first.Failures == 1 ? "" : "s")} in this window", away[0])
        };
        if (tiers.Count > 1)
        {
            var product = 1.0;
            foreach (var share in away)
            {
                product *= share;
            }

            rows.Add(Row("as it is: " + string.Join(" + ", tiers.Select(static t => t.Name)), product + Lost(switching)));
            rows.Add(Row($"with another {tiers[^1].Name} beside", (product * away[^1]) + Lost(switching)));
            rows.Add(Row("as it is, switching in half the time", product + Lost(switching / 2)));
        }
        else
        {
            rows.Add(Row($"with a standby as good as {tiers[0].Name}", (away[0] * away[0]) + Lost(switching)));
        }

        return rows;

        double Lost(TimeSpan each) => failuresAnHour * (1 - away[0]) * each.TotalHours;
    }

    private static double Away(TimeSums times) => times.Up + times.Down > 0 ? (double)times.Down / (times.Up + times.Down) : 0;

    private static ForecastRow Row(string setUp, double away)
    {
        var availability = Math.Clamp(1 - away, 0, 1);
        return new(setUp, availability, Availability.NinesOf(availability), TimeSpan.FromDays(30) * (1 - availability));
    }
}
