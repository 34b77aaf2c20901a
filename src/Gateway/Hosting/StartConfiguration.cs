using Gateway.Configuration;
using Gateway.Configuration.History;
using Gateway.Configuration.Reload;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Hosting;

/// <summary>Which configuration a start takes: the file's, unless an operator rolled that very file back before the restart.</summary>
internal static class StartConfiguration
{
    /// <summary>The configuration, and what an operator must be told of it; null: nothing.</summary>
    /// <param name="loaded">The valid file.</param>
    /// <param name="path">Its path.</param>
    /// <param name="environment">The value of a variable, or null when it is not set.</param>
    public static (ConfigResult Use, string? Notice) Of(ConfigResult loaded, string path, Func<string, string?> environment)
    {
        if (loaded.Config is not { } config
            || new ConfigHistory(config.State, NullLogger.Instance).Newest() is not { Instead: { } instead } newest
            || !string.Equals(instead, loaded.Hash, StringComparison.Ordinal)
            || RolledBack.Of(newest) is not { } rollback)
        {
            return (loaded, null);
        }

        var kept = ConfigLoader.Validate(newest.SetAt(path), environment);
        return kept.Config is not null
            ? (kept, $"{path}: {rollback.ToSentence()}")
            : (loaded, $"{path}: {rollback.ToSentence()} But revision {rollback.To} can no longer be put in force, so that the start takes "
                + $"the file: {string.Join(" ", kept.Problems.Take(3))}");
    }
}
