namespace Gateway.Forwarding.Attempts;

/// <summary>What to do next for one request. Pure: numbers in, a decision out.</summary>
internal static class AttemptPlan
{
    /// <summary>
    /// True: the response of this attempt is the user's at once. A hedge beats an attempt that is still running only with a success: what
    /// the first would say may be better, and a quick error is not a response to the question that a slow destination is still working on.
    /// Two destinations that say the same outweigh one that says nothing.
    /// </summary>
    /// <param name="isHedge">It began beside another attempt.</param>
    /// <param name="status">Its status.</param>
    /// <param name="earlierRunning">Attempts that began before it, are still running, and can still bring something.</param>
    /// <param name="heldStatus">The status of another hedge's response that waits for the same; 0: there is none.</param>
    public static bool Wins(bool isHedge, int status, int earlierRunning, int heldStatus) =>
        !isHedge || earlierRunning == 0 || IsSuccess(status) || (heldStatus > 0 && heldStatus / 100 == status / 100);

    /// <summary>2xx, and 304, which says that a success is still good.</summary>
    private static bool IsSuccess(int status) => status is (>= 200 and < 300) or StatusCodes.Status304NotModified;

    /// <summary>Decides from what is known now. Times are timestamps of one clock.</summary>
    public static AttemptStep Next(in AttemptSituation now)
    {
        if (now.Now >= now.Deadline)
        {
            return new AttemptStep(AttemptStepKind.GiveUp, now.Now);
        }

        if (now.Started == 0)
        {
            return new AttemptStep(AttemptStepKind.Start, now.Now);
        }

        if (now.Running == 0)
        {
            return new AttemptStep(now.MayRepeat && now.Started < now.Max ? AttemptStepKind.Repeat : AttemptStepKind.GiveUp, now.Now);
        }

        var until = Math.Min(now.Deadline, now.AttemptDeadline);
        if (!now.MayHedge || now.Started >= now.Max)
        {
            return new AttemptStep(AttemptStepKind.Wait, until);
        }

        var hedgeAt = now.LastStart + now.HedgeAfter;
        return now.Now >= hedgeAt
            ? new AttemptStep(AttemptStepKind.Hedge, now.Now)
            : new AttemptStep(AttemptStepKind.Wait, Math.Min(until, hedgeAt));
    }
}

/// <summary>What <see cref="AttemptPlan"/> decides from.</summary>
/// <param name="Now">The time.</param>
/// <param name="Deadline">When the request as a whole is given up.</param>
/// <param name="AttemptDeadline">When the first of the running attempts is out of time; <see cref="long.MaxValue"/>: none is.</param>
/// <param name="LastStart">When the newest attempt began.</param>
/// <param name="HedgeAfter">How late an attempt is before another starts beside it.</param>
/// <param name="Started">Attempts begun.</param>
/// <param name="Running">Attempts under way.</param>
/// <param name="Max">Most attempts of one request.</param>
/// <param name="MayRepeat">The request may be repeated, or it is certain that no destination saw it.</param>
/// <param name="MayHedge">Two attempts may be under way at once, and the budget has not refused one.</param>
internal readonly record struct AttemptSituation(
    long Now,
    long Deadline,
    long AttemptDeadline,
    long LastStart,
    long HedgeAfter,
    int Started,
    int Running,
    int Max,
    bool MayRepeat,
    bool MayHedge);

/// <summary>A decision and the time it holds until.</summary>
internal readonly record struct AttemptStep(AttemptStepKind Kind, long Until);

/// <summary>What to do next.</summary>
internal enum AttemptStepKind
{
    /// <summary>Begin the first attempt.</summary>
    Start,

    /// <summary>Begin another in place of one that failed.</summary>
    Repeat,

    /// <summary>Begin another beside one that is late.</summary>
    Hedge,

    /// <summary>Wait for a response, but not longer than the step says.</summary>
    Wait,

    /// <summary>No attempt is left that could help.</summary>
    GiveUp,
}
