using System.Collections.Immutable;
using System.Globalization;
using Gateway.Configuration.History;
using Gateway.Configuration.Model;

namespace Gateway.Configuration.Reload;

/// <summary>
/// The configuration in force and what became of the file since: one immutable snapshot, so that readers never see halves.
/// </summary>
internal sealed record ConfigState
{
    /// <summary>In force.</summary>
    public required GatewayConfig Config { get; init; }

    /// <summary>Counts what was put in force in this state folder, over restarts; 1 is the first.</summary>
    public required long Revision { get; init; }

    /// <summary>SHA-256 of the file that is in force.</summary>
    public required string Hash { get; init; }

    /// <summary>Since when it is in force.</summary>
    public required DateTimeOffset AppliedAt { get; init; }

    /// <summary>What an operator should know of it.</summary>
    public ImmutableArray<ConfigProblem> Warnings { get; init; } = [];

    /// <summary>Changed keys that take effect only with the next start.</summary>
    public ImmutableArray<string> RestartNeeded { get; init; } = [];

    /// <summary>The last file that was refused; it stays here when a good one follows. Null: none was.</summary>
    public RejectedConfig? LastRejected { get; init; }

    /// <summary>False while the file on disk is not the one in force because it was refused or rolled back.</summary>
    public bool FileIsInForce { get; init; } = true;

    /// <summary>The last rollback, until another file is in force; null: there is none.</summary>
    public RolledBack? Rollback { get; init; }
}

/// <summary>A file that an operator put out of force by going back to an earlier revision.</summary>
/// <param name="Hash">SHA-256 of that file.</param>
/// <param name="To">The revision whose files are in force in its place.</param>
/// <param name="At">When.</param>
/// <param name="Who">Who, as far as it is known.</param>
/// <param name="Reason">Why; null: not said.</param>
internal sealed record RolledBack(string Hash, long To, DateTimeOffset At, string? Who, string? Reason)
{
    /// <summary>Of a kept revision; null: it is no rollback, or the files in place were the same.</summary>
    public static RolledBack? Of(ConfigRevision revision) => revision is { RollbackTo: { } to, Instead: { } hash }
        ? new RolledBack(hash, to, revision.At, revision.Who, revision.Reason)
        : null;

    /// <summary>Why the file is not in force, and what to do.</summary>
    public string ToSentence()
    {
        var when = At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        return $"This content was rolled back to revision {To} at {when} UTC{(Who is null ? "" : $" by {Who}")}"
            + $"{(Reason is null ? "" : $" ({Reason})")} and stays out of force, over restarts too. Change it, or put it in force again "
            + "by a reload with --force.";
    }
}

/// <summary>Why a file is not in force.</summary>
internal enum RejectionCause
{
    /// <summary>It has problems.</summary>
    Invalid,

    /// <summary>Nothing is wrong with it, but the gateway could not put it in force.</summary>
    NotApplied,

    /// <summary>It is valid and waits for an operator (<c>reload.confirmAbove</c>).</summary>
    Waits,

    /// <summary>It is valid, and another gateway of the fleet has it as a canary (<c>reload.canary</c>).</summary>
    AwaitsCanary,

    /// <summary>An operator, or the gateway itself after a canary, went back to an earlier revision.</summary>
    RolledBack,
}

/// <summary>A file that is not in force, and why.</summary>
/// <param name="Problems">Every reason.</param>
/// <param name="Hash">SHA-256 of the file; empty when it could not be read.</param>
/// <param name="At">When.</param>
/// <param name="Cause">The kind of reason; it says when the file is judged again.</param>
internal sealed record RejectedConfig(
    ImmutableArray<ConfigProblem> Problems,
    string Hash,
    DateTimeOffset At,
    RejectionCause Cause = RejectionCause.Invalid)
{
    /// <summary>The same file may be put in force by and by: what it was refused for may lie elsewhere, or be over.</summary>
    public bool IsJudgedAgain => Cause is RejectionCause.Invalid or RejectionCause.AwaitsCanary;

    /// <summary>What became of the file, without a full stop.</summary>
    public string Headline => HeadlineOf(Cause);

    /// <summary>What became of the file, without a full stop.</summary>
    public static string HeadlineOf(RejectionCause cause) => cause switch
    {
        RejectionCause.NotApplied => "The changed configuration could not be put in force",
        RejectionCause.Waits => "The changed configuration waits for an operator",
        RejectionCause.AwaitsCanary => "The changed configuration waits for the canary of another gateway",
        RejectionCause.RolledBack => "The configuration in the file is rolled back",
        _ => "The changed configuration was refused",
    };

    /// <summary>The same in a sentence, with the first problems.</summary>
    public string ToSentence() =>
        Headline + ": " + string.Join(" ", Problems.Take(3).Select(static p => p.ToString()))
        + (Problems.Length > 3 ? $" And {Problems.Length - 3} more." : "");
}

/// <summary>A configuration was put in force.</summary>
/// <param name="Old">Until now.</param>
/// <param name="New">From now on.</param>
/// <param name="Revision">Of the new one.</param>
/// <param name="RestartNeeded">Its keys that are not in force before the next start.</param>
internal sealed record ConfigChange(GatewayConfig Old, GatewayConfig New, long Revision, ImmutableArray<string> RestartNeeded)
{
    /// <summary>Who asked for it. Default: the file changed.</summary>
    public ReloadRequest Request { get; init; } = ReloadRequest.OfFile;

    /// <summary>SHA-256 of the new one's files.</summary>
    public string Hash { get; init; } = "";

    /// <summary>What is in force, for log, journal and commands.</summary>
    public static string Say(long revision, ImmutableArray<string> restartNeeded, long? rollbackTo = null)
    {
        var what = string.Create(CultureInfo.InvariantCulture, $"Configuration revision {revision} is in force")
            + (rollbackTo is { } to ? string.Create(CultureInfo.InvariantCulture, $", with the files of revision {to}") : "");
        return restartNeeded.IsDefaultOrEmpty
            ? what + "."
            : what + ", except for these keys, whose values of the start hold until the next start: "
                + $"{string.Join(", ", restartNeeded)}.";
    }
}

/// <summary>What came of one reload.</summary>
/// <param name="Applied">True: a new configuration is in force. False: the file is the one in force already, or was refused.</param>
/// <param name="Problems">Why it was refused; empty when it was not.</param>
/// <param name="Warnings">What an operator should know.</param>
/// <param name="RestartNeeded">Changed keys that take effect only with the next start.</param>
/// <param name="Revision">In force now.</param>
internal sealed record ReloadOutcome(
    bool Applied,
    ImmutableArray<ConfigProblem> Problems,
    ImmutableArray<ConfigProblem> Warnings,
    ImmutableArray<string> RestartNeeded,
    long Revision)
{
    /// <summary>Why it was refused, in kind; only with problems.</summary>
    public RejectionCause Cause { get; init; }
}
