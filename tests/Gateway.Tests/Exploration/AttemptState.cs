using System.Collections.Immutable;

namespace Gateway.Tests.Exploration;

/// <summary>One request among its attempts.</summary>
/// <param name="Now">Ticks since it came.</param>
/// <param name="Attempts">Those that have begun.</param>
/// <param name="WasSent">A failed one was sent: a destination may have seen it.</param>
/// <param name="Held">The hedge whose response waits for a better one; -1: none does.</param>
/// <param name="End">How it ended.</param>
internal sealed record AttemptState(int Now, ImmutableArray<AttemptView> Attempts, bool WasSent, int Held, AttemptEnd End)
{
    /// <summary>Attempts under way.</summary>
    public int Running => Attempts.Count(static attempt => attempt.IsRunning);
}

/// <summary>One attempt.</summary>
/// <param name="BeganAt">In ticks since the request came.</param>
/// <param name="IsHedge">It began beside another.</param>
/// <param name="IsRunning">It is under way.</param>
/// <param name="Status">Of its response; 0: there is none.</param>
internal readonly record struct AttemptView(int BeganAt, bool IsHedge, bool IsRunning, int Status);

/// <summary>How a request ended.</summary>
internal enum AttemptEnd
{
    /// <summary>It is under way.</summary>
    None,

    /// <summary>With a response.</summary>
    Answered,

    /// <summary>Without one.</summary>
    GaveUp,
}
