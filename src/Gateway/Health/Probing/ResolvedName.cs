namespace Gateway.Health.Probing;

/// <summary>What a name of the configuration stands for.</summary>
/// <param name="Endpoints">In a stable order; none: it does not resolve now, and what is known of it stays in use.</param>
/// <param name="ValidFor">When it is looked up again.</param>
internal sealed record ResolvedName(IReadOnlyList<ResolvedEndpoint> Endpoints, TimeSpan ValidFor);
