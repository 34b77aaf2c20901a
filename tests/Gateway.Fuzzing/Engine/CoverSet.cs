namespace Gateway.Fuzzing.Engine;

/// <summary>The few small inputs that together reach every edge that many do.</summary>
internal static class CoverSet
{
    /// <summary>
    /// Chooses them: for each edge, the rarest first, the smallest input that reaches it, unless one that was chosen does.
    /// </summary>
    /// <param name="kept">The many.</param>
    /// <param name="shorten">Makes a chosen one shorter, as long as it reaches the edges that no other does.</param>
    public static IEnumerable<byte[]> Of(IReadOnlyList<KeptInput> kept, Func<KeptInput, HashSet<ushort>, KeptInput> shorten)
    {
        var best = new Dictionary<ushort, KeptInput>();
        var inputs = new Dictionary<ushort, int>();
        foreach (var input in kept.OrderBy(static input => input.Bytes.Length))
        {
            foreach (var edge in input.Edges)
            {
                best.TryAdd(edge, input);
                inputs[edge] = inputs.GetValueOrDefault(edge) + 1;
            }
        }

        var reached = new HashSet<ushort>();
        foreach (var (edge, _) in inputs.OrderBy(static pair => pair.Value).ThenBy(static pair => pair.Key))
        {
            if (!reached.Contains(edge))
            {
                var needed = best[edge].Edges.Where(one => !reached.Contains(one)).ToHashSet();
                var chosen = shorten(best[edge], needed);
                reached.UnionWith(chosen.Edges);
                reached.Add(edge);
                yield return chosen.Bytes;
            }
        }
    }
}
