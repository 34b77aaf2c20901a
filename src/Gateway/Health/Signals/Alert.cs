using System.Collections.Immutable;

namespace Gateway.Health.Signals;

/// <summary>An alert from outside.</summary>
/// <param name="Fires">False: it is resolved.</param>
/// <param name="Labels">What it is about.</param>
/// <param name="Identity">Tells it from others with the same name.</param>
/// <param name="EndsAt">When it ends without another word; null: it does not say.</param>
internal sealed record Alert(bool Fires, ImmutableDictionary<string, string> Labels, string Identity, DateTimeOffset? EndsAt)
{
    // The labels that say whom it is about, in the order in which they count.
    private static readonly string[] Subjects = ["destination", "instance", "host", "node"];

    /// <summary>Its name.</summary>
    public string Name => Labels.GetValueOrDefault("alertname", "");

    /// <summary>Whom it is about; null: nobody in particular.</summary>
    public string? Subject =>
        Subjects.Select(label => Labels.GetValueOrDefault(label)).FirstOrDefault(static value => !string.IsNullOrEmpty(value));
}
