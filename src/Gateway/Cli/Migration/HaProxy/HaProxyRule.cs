namespace Gateway.Cli.Migration.HaProxy;

/// <summary>One alternative of a line that says what becomes of requests.</summary>
/// <param name="Match">Which requests.</param>
/// <param name="Line">The line.</param>
/// <param name="Name">A name for its route.</param>
/// <param name="Cluster">Where they go; null: nowhere, or it is said otherwise.</param>
/// <param name="Change">What else is true of its route; null: nothing.</param>
internal sealed record HaProxyRule(
    HaProxyMatch Match,
    HaProxyLine Line,
    string Name,
    DraftCluster? Cluster,
    Action<DraftRoute>? Change = null);
