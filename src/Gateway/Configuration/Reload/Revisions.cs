using Gateway.Configuration.History;
using Gateway.Configuration.Including;

namespace Gateway.Configuration.Reload;

/// <summary>What is kept of a configuration that is put in force.</summary>
internal static class Revisions
{
    /// <summary>The gateway started with it.</summary>
    public static ConfigRevision OfStart(ConfigState state, ConfigSet files) => new()
    {
        Number = state.Revision,
        At = state.AppliedAt,
        Hash = state.Hash,
        Origin = RevisionOrigin.Start,
        Files = ConfigRevision.FilesOf(files),
    };

    /// <summary>It took the place of another one.</summary>
    /// <param name="result">What was judged.</param>
    /// <param name="change">What changes by it.</param>
    /// <param name="inPlace">The files in place.</param>
    /// <param name="at">Now.</param>
    public static ConfigRevision Of(ConfigResult result, ConfigChange change, ConfigSet inPlace, DateTimeOffset at)
    {
        var request = change.Request;
        var isInPlace = request.RollbackTo is null || string.Equals(inPlace.Hash, result.Hash, StringComparison.Ordinal);
        return new ConfigRevision
        {
            Number = change.Revision,
            At = at,
            Hash = result.Hash,
            Origin = request.RollbackTo is null ? RevisionOrigin.File : RevisionOrigin.Rollback,
            Who = request.Who,
            Reason = request.Reason,
            RollbackTo = request.RollbackTo,
            Instead = isInPlace ? null : inPlace.Hash,
            Files = ConfigRevision.FilesOf(result.Files),
        };
    }
}
