namespace Gateway.Drills.Figures;

/// <summary>
/// Compares what users were told with what the guides did: each order's id, the acknowledgements that users hold, and
/// the lines that the guides wrote before they answered.
/// </summary>
/// <param name="Sent">Orders that users sent.</param>
/// <param name="Acknowledged">Orders that a guide's response acknowledged.</param>
/// <param name="Executed">Different orders that some guide executed.</param>
/// <param name="Twice">Orders that were executed more than once.</param>
/// <param name="Lost">Orders that were acknowledged and never executed.</param>
/// <param name="Strange">Executed orders that were never sent.</param>
internal sealed record OrderAudit(
    int Sent,
    int Acknowledged,
    int Executed,
    IReadOnlyList<string> Twice,
    IReadOnlyList<string> Lost,
    IReadOnlyList<string> Strange)
{
    /// <summary>Audits.</summary>
    /// <param name="sent">Ids of all orders sent.</param>
    /// <param name="acknowledged">Ids of the orders acknowledged.</param>
    /// <param name="lines">The guides' lines: <c>id name pid</c>.</param>
    public static OrderAudit Of(IReadOnlyCollection<string> sent, IReadOnlyCollection<string> acknowledged, IEnumerable<string> lines)
    {
        var executions = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var line in lines.Where(line => line.Length > 0))
        {
            var id = line.Split(' ')[0];
            executions[id] = executions.GetValueOrDefault(id) + 1;
        }

        var known = sent.ToHashSet(StringComparer.Ordinal);
        return new(
            sent.Count,
            acknowledged.Count,
            executions.Count,
            [.. executions.Where(pair => pair.Value > 1).Select(pair => pair.Key)],
            [.. acknowledged.Where(id => !executions.ContainsKey(id))],
            [.. executions.Keys.Where(id => !known.Contains(id))]);
    }
}
