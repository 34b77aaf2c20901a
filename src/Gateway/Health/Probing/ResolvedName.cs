namespace Gateway.Health.Probing;

/// <summary>What a name of the configuration stands for.</summary>
/// <param name="Endpoints">
/// In a stable order; none: it does not resolve now, and what is known of it stays in use, unless <see cref="IsCertain"/> says otherwise.
/// </param>
/// <param name="ValidFor">When it is looked up again.</param>
internal sealed record ResolvedName(IReadOnlyList<ResolvedEndpoint> Endpoints, TimeSpan ValidFor)
{
    /// <summary>These endpoints are all that there are, even if they are none.</summary>
    public bool IsCertain { get; init; }

    /// <summary>What is wrong, in a sentence without its full stop; null: nothing, or that it does not resolve.</summary>
    public string? Problem { get; init; }
}
