using Gateway.Health.Model;

namespace Gateway.Failover.Recording;

/// <summary>A route at a destination whose count of successes has changed.</summary>
internal sealed record CountedRoute(Destination Destination, string Route);
