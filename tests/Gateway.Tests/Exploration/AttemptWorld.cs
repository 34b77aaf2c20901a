using Gateway.Forwarding.Attempts;

namespace Gateway.Tests.Exploration;

/// <summary>One request: each attempt responds or fails at any moment, and <see cref="AttemptPlan"/> decides what is done next.</summary>
/// <param name="mayRepeat">It may be sent again after a destination has seen it.</param>
/// <param name="mayHedge">Two attempts may be under way at once.</param>
internal sealed class AttemptWorld(bool mayRepeat, bool mayHedge) : IWorld<AttemptState>
{
    /// <summary>The time of the request, in ticks.</summary>
    public const int Deadline = 7;

    private const int MostAttempts = 3;
    private const int AttemptTime = 3;
    private const int HedgeAfter = 1;

    // The plan's times are timestamps, which are never 0.
    private const long Origin = 1000;

    // What an attempt can come to: a status, or a failure before or after a destination could see it.
    private static readonly (string Words, int Status, bool WasSent)[] Ends =
    [
        ("responds 200", 200, true),
        ("responds 404", 404, true),
        ("responds 503, which is retried", 0, true),
        ("is refused", 0, false),
    ];

    public string Name => $"a request that {(mayRepeat ? "may" : "must not")} be repeated, {(mayHedge ? "with" : "without")} hedges";

    public IReadOnlyList<WorldAction> Actions { get; } =
    [
        new WorldAction("time passes", IsDisturbance: false),
        .. Enumerable.Range(0, MostAttempts).SelectMany(static attempt =>
            Ends.Select(end => new WorldAction($"attempt {attempt} {end.Words}", IsDisturbance: true))),
    ];

    public AttemptState Start() => new(Now: 0, [], WasSent: false, Held: -1, AttemptEnd.None);

    public Outcome<AttemptState>? Try(AttemptState state, int action)
    {
        if (action == 0)
        {
            return state.End != AttemptEnd.None
                ? new Outcome<AttemptState>(state, Announced: false, Broken: null)
                : Decide(TimeOut(state with { Now = state.Now + 1 }));
        }

        var (attempt, end) = ((action - 1) / Ends.Length, Ends[(action - 1) % Ends.Length]);
        return state.End != AttemptEnd.None || attempt >= state.Attempts.Length || !state.Attempts[attempt].IsRunning
            ? null
            : Decide(EndOf(state, attempt, end.Status, end.WasSent));
    }

    /// <summary>It has ended.</summary>
    public bool IsAsItShouldBe(AttemptState state) => state.End != AttemptEnd.None;

    public int Write(AttemptState state, Span<byte> into)
    {
        var writer = new PackedWriter(into);
        writer.Add((int)state.End);
        writer.Add(state.Now);
        writer.Add(state.WasSent);
        writer.Add(state.Held);
        writer.Add(state.Attempts.Length);
        foreach (var attempt in state.Attempts)
        {
            writer.Add(attempt.BeganAt);
            writer.Add(attempt.IsHedge);
            writer.Add(attempt.IsRunning);
            writer.Add(attempt.Status / 4);
        }

        return writer.Length;
    }

    public AttemptState Read(ReadOnlySpan<byte> from)
    {
        var reader = new PackedReader(from);
        var (end, now, wasSent, held) = ((AttemptEnd)reader.Next(), reader.Next(), reader.NextFlag(), reader.Next());
        var attempts = new AttemptView[reader.Next()];
        for (var i = 0; i < attempts.Length; i++)
        {
            attempts[i] = new AttemptView(reader.Next(), reader.NextFlag(), reader.NextFlag(), reader.Next() * 4);
        }

        return new AttemptState(now, [.. attempts], wasSent, held, end);
    }

    public string Describe(AttemptState state) =>
        $"{state.Now} ticks, {string.Join(", ", state.Attempts.Select(static attempt =>
            $"{(attempt.IsHedge ? "hedge" : "attempt")} {(attempt.IsRunning ? "runs" : $"ended with {attempt.Status}")}"))}, {state.End}";

    private static AttemptState EndOf(AttemptState state, int attempt, int status, bool wasSent)
    {
        var ended = state.Attempts[attempt] with { IsRunning = false, Status = status };
        return state with { Attempts = state.Attempts.SetItem(attempt, ended), WasSent = state.WasSent || (status == 0 && wasSent) };
    }

    private static AttemptState TimeOut(AttemptState state)
    {
        for (var i = 0; i < state.Attempts.Length; i++)
        {
            if (state.Attempts[i] is { IsRunning: true } attempt && state.Now >= attempt.BeganAt + AttemptTime)
            {
                state = EndOf(state, i, status: 0, wasSent: true);
            }
        }

        return state;
    }

    // The loop of RequestExecution: what ended, what next, until it waits.
    private Outcome<AttemptState> Decide(AttemptState state)
    {
        for (var step = 0; step <= MostAttempts + 1; step++)
        {
            // 1. A response that the user may have.
            for (var i = 0; i < state.Attempts.Length; i++)
            {
                if (state.Attempts[i] is { IsRunning: false, Status: > 0 } response && IsWinner(ref state, i, response, out var flaw))
                {
                    return new Outcome<AttemptState>(state with { End = AttemptEnd.Answered }, Announced: true, flaw);
                }
            }

            // 2. What next.
            var plan = AttemptPlan.Next(SituationOf(state));
            if (Flaw(state, plan) is { } broken)
            {
                return new Outcome<AttemptState>(state, Announced: false, broken);
            }

            if (plan.Kind == AttemptStepKind.Wait)
            {
                return new Outcome<AttemptState>(state, Announced: false, null);
            }

            if (plan.Kind == AttemptStepKind.GiveUp)
            {
                var end = state.Held >= 0 ? AttemptEnd.Answered : AttemptEnd.GaveUp;
                return new Outcome<AttemptState>(state with { End = end }, Announced: true, null);
            }

            var isHedge = plan.Kind == AttemptStepKind.Hedge;
            state = state with { Attempts = state.Attempts.Add(new AttemptView(state.Now, isHedge, IsRunning: true, Status: 0)) };
        }

        return new Outcome<AttemptState>(state, Announced: false, "no-livelock: it decides without end");
    }

    private static bool IsWinner(ref AttemptState state, int index, AttemptView response, out string? flaw)
    {
        var earlier = state.Attempts.Take(index).Count(static attempt => attempt.IsRunning);
        var held = state.Held >= 0 && state.Held != index ? state.Attempts[state.Held].Status : 0;
        var wins = (state.Held != index && AttemptPlan.Wins(response.IsHedge, response.Status, earlier, held)) || earlier == 0;
        var isWorse = response.IsHedge && earlier > 0 && response.Status >= 400;
        flaw = wins && isWorse && held / 100 != response.Status / 100
            ? $"best-response: a hedge's {response.Status} wins while an earlier attempt runs"
            : null;
        if (!wins)
        {
            flaw = response.Status < 400 ? "best-response: a success does not win" : null;
            state = state with { Held = index };
        }

        return wins || flaw is not null;
    }

    private AttemptSituation SituationOf(AttemptState state) => new(
        Origin + state.Now,
        Deadline: Origin + Deadline,
        AttemptDeadline: state.Attempts.Where(static attempt => attempt.IsRunning)
            .Select(static attempt => Origin + attempt.BeganAt + AttemptTime).DefaultIfEmpty(long.MaxValue).Min(),
        LastStart: Origin + (state.Attempts.Length > 0 ? state.Attempts[^1].BeganAt : state.Now),
        HedgeAfter,
        Started: state.Attempts.Length,
        state.Running,
        MostAttempts,
        MayRepeat: mayRepeat || !state.WasSent,
        mayHedge);

    // What must hold of a decision.
    private string? Flaw(AttemptState state, AttemptStep plan)
    {
        var (started, running) = (state.Attempts.Length, state.Running);
        var isOver = state.Now >= Deadline;
        switch (plan.Kind)
        {
            case AttemptStepKind.Wait:
                var first = state.Attempts.Where(static attempt => attempt.IsRunning).Min(static attempt => attempt.BeganAt) + AttemptTime;
                return isOver || plan.Until <= Origin + state.Now || plan.Until > Origin + Math.Min(Deadline, first)
                    ? $"wait-ends: at {state.Now} it waits until {plan.Until - Origin}"
                    : null;
            case AttemptStepKind.GiveUp:
                var hasAnother = running == 0 && started < MostAttempts && (mayRepeat || !state.WasSent);
                return !isOver && (running > 0 || started == 0 || hasAnother) ? "no-needless-giveup: another attempt could help" : null;
            default:
                return isOver ? "deadline-kept: an attempt begins after the end"
                    : started >= MostAttempts ? "attempts-bounded: one more than there may be"
                    : !mayRepeat && (running > 0 || state.WasSent) ? "sent-once: a destination may have seen it, and it is sent again"
                    : running > 0 && (!mayHedge || state.Now < state.Attempts[^1].BeganAt + HedgeAfter)
                        ? "hedge-only-late: a second attempt beside one that is not late"
                    : null;
        }
    }
}
