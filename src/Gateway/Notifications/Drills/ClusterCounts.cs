using Gateway.Configuration.Model;

namespace Gateway.Notifications.Drills;

/// <summary>
/// How many requests each cluster has had since the first look, summed up of what came between two looks: a reload that gives a route
/// another name or another cluster takes no request back, and brings none along. The drills' loop owns it.
/// </summary>
/// <param name="route">A route's requests so far.</param>
internal sealed class ClusterCounts(Func<string, RequestCount> route)
{
    private readonly Dictionary<string, RequestCount> _sums = new(StringComparer.Ordinal);
    private Dictionary<(string Cluster, string Route), RequestCount> _seen = [];
    private GatewayConfig? _config;

    /// <summary>Every cluster's requests, by its name.</summary>
    public IReadOnlyDictionary<string, RequestCount> All => _sums;

    /// <summary>A cluster's requests.</summary>
    public RequestCount Of(string cluster) => _sums.GetValueOrDefault(cluster);

    /// <summary>Looks at the routes' requests.</summary>
    public void Look(GatewayConfig config)
    {
        if (!ReferenceEquals(config, _config))
        {
            // What a route counts while it is elsewhere is not this cluster's when it comes back.
            _seen = config.Routes.Select(static one => (one.Cluster, one.Name)).Distinct().Where(_seen.ContainsKey)
                .ToDictionary(static key => key, key => _seen[key]);
            _config = config;
        }

        foreach (var one in config.Routes)
        {
            if (one.Redirect is not null)
            {
                continue;
            }

            var (key, count) = ((one.Cluster, one.Name), route(one.Name));
            if (_seen.TryGetValue(key, out var last))
            {
                // A meter that began anew has less than before.
                _sums[one.Cluster] = Of(one.Cluster) + (count.Requests < last.Requests ? count : count - last);
            }

            _seen[key] = count;
        }
    }
}
