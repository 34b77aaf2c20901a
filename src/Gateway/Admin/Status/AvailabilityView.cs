using Gateway.Configuration.Model;
using Gateway.Configuration.Values;
using Gateway.Observability.History;

namespace Gateway.Admin.Status;

/// <summary>What <c>/availability</c> answers for one cluster.</summary>
internal sealed record ClusterAvailability(string Cluster, Availability Measured, IReadOnlyList<ForecastRow> Forecast);

/// <summary>Reads the ledger for each cluster.</summary>
internal static class AvailabilityView
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(730);

    /// <summary>A window as <c>24h</c> or <c>30d</c>; null when it is none or longer than two years.</summary>
    public static TimeSpan? Window(string text)
    {
        var window = text.EndsWith('d')
            && int.TryParse(text.AsSpan(0, text.Length - 1), System.Globalization.NumberStyles.None, null, out var days)
            && days <= 730
            ? TimeSpan.FromDays(days)
            : DurationText.Parse(text, out _);
        return window >= TimeSpan.FromMinutes(1) && window <= Longest ? window : null;
    }

    /// <summary>Null while the ledger cannot be read.</summary>
    public static async Task<IReadOnlyList<ClusterAvailability>?> ReadAsync(
        GatewayConfig config, Records records, string name, TimeSpan window, CancellationToken cancellationToken)
    {
        var clusters = new List<ClusterAvailability>();
        foreach (var cluster in config.Clusters)
        {
            if (await records.ReadLedgerAsync(cluster.Name, window, cancellationToken) is not { } ledger)
            {
                return null;
            }

            var tiers = cluster.Tiers.Select(t => (t.Name, ledger.Times.GetValueOrDefault(t.Name))).ToArray();
            var measured = Availability.Of(name, window, ledger, cluster.Slo);
            clusters.Add(new(cluster.Name, measured, measured.IsEnough ? Forecast.Of(tiers, ledger.Times.GetValueOrDefault("")) : []));
        }

        return clusters;
    }
}
