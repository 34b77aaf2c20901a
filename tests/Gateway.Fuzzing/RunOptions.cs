using System.Globalization;
using Gateway.Fuzzing.Engine;
using Gateway.Fuzzing.Targets;

namespace Gateway.Fuzzing;

/// <summary>What a run is told.</summary>
internal sealed record RunOptions
{
    /// <summary>The targets.</summary>
    public required IReadOnlyList<IFuzzTarget> Targets { get; init; }

    /// <summary>How long to search each.</summary>
    public required CampaignOptions Campaign { get; init; }

    /// <summary>Where the inputs of earlier runs are.</summary>
    public required string Corpus { get; init; }

    /// <summary>Where findings go.</summary>
    public required string Output { get; init; }

    /// <summary>The corpus is written anew.</summary>
    public bool Keep { get; init; }

    /// <summary>Reads options; null: one of them is wrong.</summary>
    public static RunOptions? Parse(ReadOnlySpan<string> args)
    {
        var (names, campaign, corpus, output, keep) = (new List<string>(), new CampaignOptions(), "Corpus", ".", false);
        while (args is [var word, .. var rest])
        {
            var value = rest is [var next, ..] ? next : "";
            switch (word)
            {
                case "--inputs" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var inputs):
                    campaign = campaign with { Inputs = inputs };
                    break;
                case "--seed" when ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seed):
                    campaign = campaign with { Seed = seed };
                    break;
                case "--minutes" when double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var minutes):
                    campaign = campaign with { Within = TimeSpan.FromMinutes(minutes) };
                    break;
                case "--corpus":
                    corpus = value;
                    break;
                case "--output":
                    output = value;
                    break;
                case "--keep":
                    keep = true;
                    args = args[1..];
                    continue;
                default:
                    if (Commands.Find(word) is null)
                    {
                        return null;
                    }

                    names.Add(word);
                    args = args[1..];
                    continue;
            }

            args = args[2..];
        }

        return new RunOptions
        {
            Targets = names.Count == 0 ? TargetSet.All : [.. names.Select(static name => Commands.Find(name)!)],
            Campaign = campaign,
            Corpus = corpus,
            Output = output,
            Keep = keep,
        };
    }
}
