using System.Globalization;

namespace Gateway.Cli.Migration;

/// <summary>A cluster.</summary>
internal sealed class DraftCluster(string name, SourcePlace at) : DraftItem(name, at)
{
    /// <summary>The destinations of the first tier.</summary>
    public List<DraftDestination> Primary { get; } = [];

    /// <summary>Those that serve when the first tier cannot.</summary>
    public List<DraftDestination> Standby { get; } = [];

    /// <summary>How a destination is chosen; null: the gateway's default.</summary>
    public string? Balance { get; set; }

    /// <summary>Where the affinity key is read, such as <c>cookie</c> and its name.</summary>
    public (string Source, string Name)? Affinity { get; set; }

    /// <summary>Keys of <c>probe</c>, their values as YAML.</summary>
    public Dictionary<string, string> Probe { get; } = new(StringComparer.Ordinal);

    /// <summary>Keys of <c>passive</c>, their values as YAML.</summary>
    public Dictionary<string, string> Passive { get; } = new(StringComparer.Ordinal);

    /// <summary>Keys of <c>attempts</c>, their values as YAML.</summary>
    public Dictionary<string, string> Attempts { get; } = new(StringComparer.Ordinal);

    /// <summary>The deadlines.</summary>
    public DraftTimeouts Timeouts { get; } = new();

    /// <summary>Attempts of a request; null: the gateway's default.</summary>
    public int? MostAttempts { get; set; }

    /// <summary>The attempts that deadlines have to leave room for.</summary>
    public int AttemptsInForce => MostAttempts ?? 3;

    public override IEnumerable<(string Key, string Value)> Keys()
    {
        var (first, second) = Primary.Count > 0 ? (Primary, Standby) : (Standby, Primary);
        var destinations = first.Concat(second).ToList();
        var tiers = Tier("primary", first, destinations);
        if (second.Count > 0)
        {
            tiers += Tier("standby", second, destinations);
        }

        yield return ("tiers", tiers);
        if (Balance is not null)
        {
            yield return ("balance", Balance);
        }

        if (Affinity is { } affinity)
        {
            yield return ("affinity", Flow.Map([new(affinity.Source, affinity.Name)]));
        }

        if (Probe.Count > 0)
        {
            yield return ("probe", Flow.Raw(Probe));
        }

        if (Passive.Count > 0)
        {
            yield return ("passive", Flow.Raw(Passive));
        }

        Dictionary<string, string> attempts = new(StringComparer.Ordinal);
        if (MostAttempts is { } most)
        {
            attempts.Add("max", most.ToString(CultureInfo.InvariantCulture));
        }

        foreach (var (key, value) in Attempts)
        {
            attempts[key] = value;
        }

        if (attempts.Count > 0)
        {
            yield return ("attempts", Flow.Raw(attempts));
        }

        if (Timeouts.ToYaml(AttemptsInForce) is { } timeouts)
        {
            yield return ("timeouts", timeouts);
        }
    }

    private static string Tier(string name, List<DraftDestination> tier, List<DraftDestination> all)
    {
        var text = $"\n- name: {name}";
        if (tier.TrueForAll(static destination => destination.MostRequests is not null))
        {
            text +=
                $"\n  capacity: "
                    + $"{Math.Min(1_000_000, tier.Sum(static destination => (long)destination.MostRequests!.Value))
                        .ToString(CultureInfo.InvariantCulture)}";
        }

        return text + "\n  destinations:" + string.Concat(tier.Select(destination => "\n    - " + destination.ToYaml(all)));
    }
}
