using System.Text;
using Gateway.Configuration.History;
using Gateway.Configuration.Reload;

namespace Gateway.Admin.Status;

/// <summary>A revision of the configuration, without its files' text.</summary>
/// <param name="Number">Counts what was put in force.</param>
/// <param name="At">When it was put in force.</param>
/// <param name="Origin">What put it in force.</param>
/// <param name="Who">Who did, as far as it is known.</param>
/// <param name="Reason">Why, as that operator said.</param>
/// <param name="RollbackTo">The revision whose files it has; null: it is no rollback.</param>
/// <param name="Hash">The beginning of the SHA-256 of its files.</param>
/// <param name="Files">Their names, the main one first.</param>
/// <param name="Bytes">Of all of them.</param>
/// <param name="InForce">It is in force now.</param>
internal sealed record RevisionLine(
    long Number,
    DateTimeOffset At,
    RevisionOrigin Origin,
    string? Who,
    string? Reason,
    long? RollbackTo,
    string Hash,
    IReadOnlyList<string> Files,
    long Bytes,
    bool InForce)
{
    /// <summary>Of one that is kept.</summary>
    public static RevisionLine Of(ConfigRevision revision, ConfigState state) => new(
        revision.Number,
        revision.At,
        revision.Origin,
        revision.Who,
        revision.Reason,
        revision.RollbackTo,
        revision.Hash[..12],
        [.. revision.Files.Select(static file => file.Path)],
        revision.Files.Sum(static file => (long)Encoding.UTF8.GetByteCount(file.Content)),
        revision.Number == state.Revision);
}
