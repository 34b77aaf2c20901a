using System.Collections.Immutable;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Keys;

/// <summary>
/// Every key that has another name or meaning than in an older version, in one place: the problem of an unknown key and
/// <c>check --upgrade</c> read it. A change of a key adds a line here.
/// </summary>
internal static class KeyChanges
{
    /// <summary>The newest last.</summary>
    public static readonly ImmutableArray<KeyChange> All =
    [
        new("0.1.0", "clusters/*/attempts", "on") { Now = "retryOn" },
        new("0.1.0", "clusters/*/attempts", "repeatable") { Now = "retryMethods" },
        new("0.1.0", "clusters/*/attempts", "bufferBody") { Now = "requestBuffer" },
        new("0.1.0", "clusters/*/attempts", "budget") { Now = "retryBudget" },
        new("0.1.0", "clusters/*", "holdAnswers") { Now = "responseBuffer" },
        new("0.1.0", "routes/*", "repeatable") { Now = "retryable" },
        new("0.1.0", "routes/*/stream", "onCut") { Now = "onInterrupt" },
        new("0.1.0", "notify/*", "on") { Now = "events" },
        new("0.1.0", "clusters/*/timeouts", "firstByte")
        {
            Unless = "firstByteWrites",
            Meaning =
                "It bounds GET, HEAD, OPTIONS and TRACE only. Writes wait for \"firstByteWrites\", six times as long when left out: write "
                    + "that key if they must end sooner.",
        },
    ];

    /// <summary>What a key that is not known was renamed to; null: it never was a key there.</summary>
    public static KeyChange? RenamedAt(string path, string key)
    {
        foreach (var change in All)
        {
            if (change.Now is not null && string.Equals(change.Key, key, StringComparison.Ordinal) && change.StandsIn(path))
            {
                return change;
            }
        }

        return null;
    }

    /// <summary>The keys of a file that are known and mean something else than before.</summary>
    public static ImmutableArray<ConfigProblem> MeaningsOf(Reader reader)
    {
        var found = ImmutableArray.CreateBuilder<ConfigProblem>();
        foreach (var change in All)
        {
            if (change is not { Now: null, Meaning: { } meaning })
            {
                continue;
            }

            foreach (var path in reader.Written(change.Key))
            {
                var mapping = path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "";
                if (!change.StandsIn(mapping) || (change.Unless is { } other && reader.IsWritten(Reader.Below(mapping, other))))
                {
                    continue;
                }

                found.Add(reader.NoteAt(path, $"{Reader.NameOf(path)} means something else since {change.Since}. {meaning}"));
            }
        }

        found.Sort(static (one, next) => (one.File, one.Line).CompareTo((next.File, next.Line)));
        return found.DrainToImmutable();
    }
}
