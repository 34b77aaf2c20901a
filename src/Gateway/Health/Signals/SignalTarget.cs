using Gateway.Configuration.Model;
using Gateway.Health.Model;

namespace Gateway.Health.Signals;

/// <summary>A cluster with signals, and the destinations that it has now.</summary>
/// <param name="Config">The configuration in force.</param>
/// <param name="Destinations">All of its destinations.</param>
internal sealed record SignalTarget(ClusterConfig Config, IReadOnlyList<Destination> Destinations);
