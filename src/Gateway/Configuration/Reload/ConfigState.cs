using System.Collections.Immutable;
using Gateway.Configuration.Model;

namespace Gateway.Configuration.Reload;

/// <summary>
/// The configuration in force and what became of the file since: one immutable snapshot, so that readers never see halves.
/// </summary>
internal sealed record ConfigState
{
    /// <summary>In force.</summary>
    public required GatewayConfig Config { get; init; }

    /// <summary>Counts what was put in force: 1 at the start.</summary>
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

    /// <summary>False while the file on disk is not the one in force because it was refused.</summary>
    public bool FileIsInForce { get; init; } = true;
}

/// <summary>A file that was refused, and why.</summary>
/// <param name="Problems">Every reason.</param>
/// <param name="Hash">SHA-256 of the file; empty when it could not be read.</param>
/// <param name="At">When.</param>
/// <param name="WasValid">True: nothing is wrong with the file, but the gateway could not put it in force. It is tried again when it
/// changes or a reload is asked for.</param>
internal sealed record RejectedConfig(ImmutableArray<ConfigProblem> Problems, string Hash, DateTimeOffset At, bool WasValid = false)
{
    /// <summary>The refusal in a sentence, with the first problems.</summary>
    public string ToSentence() =>
        "The changed configuration was refused: " + string.Join(" ", Problems.Take(3).Select(static p => p.ToString()))
        + (Problems.Length > 3 ? $" And {Problems.Length - 3} more." : "");
}

/// <summary>A configuration was put in force.</summary>
/// <param name="Old">Until now.</param>
/// <param name="New">From now on.</param>
/// <param name="Revision">Of the new one.</param>
/// <param name="RestartNeeded">Its keys that are not in force before the next start.</param>
internal sealed record ConfigChange(GatewayConfig Old, GatewayConfig New, long Revision, ImmutableArray<string> RestartNeeded)
{
    /// <summary>What is in force, for log, journal and commands.</summary>
    public static string Say(long revision, ImmutableArray<string> restartNeeded) => restartNeeded.IsDefaultOrEmpty
        ? $"Configuration revision {revision} is in force."
        : $"Configuration revision {revision} is in force, except for these keys, whose values of the start hold until the next start: "
            + $"{string.Join(", ", restartNeeded)}.";
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
    long Revision);
