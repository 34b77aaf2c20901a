namespace Gateway.Tests.Exploration;

/// <summary>How far a search goes.</summary>
/// <param name="MostStates">States at most.</param>
/// <param name="MostDisturbances">Disturbances in one history at most.</param>
/// <param name="Threads">At once.</param>
internal sealed record SearchLimits(int MostStates, int MostDisturbances = int.MaxValue, int Threads = 1);

/// <summary>
/// Visits every state of a world that at most so many disturbances lead to, however time passes before, between and after them: breadth
/// first, by the number of disturbances. So the first history that breaks an invariant has the fewest of them.
/// </summary>
internal sealed class Search<TState>(IWorld<TState> world, SearchLimits limits)
{
    private const int LongestState = 512;

    private readonly Lock _lock = new();
    private readonly int _ways = world.Actions.TakeWhile(static action => !action.IsDisturbance).Count();
    private (int Place, int Action, string Words)? _broken;
    private long _steps;

    /// <summary>Runs it.</summary>
    public SearchResult Run()
    {
        var graph = new StateGraph(limits.MostStates, _ways);
        var frontier = new StateBatch();
        Span<byte> start = stackalloc byte[LongestState];
        start = start[..world.Write(world.Start(), start)];
        var first = graph.Add(start, parent: -1, action: 0, out _);
        graph.Mark(first, world.IsAsItShouldBe(world.Read(start)) ? StateFlags.AsItShouldBe : StateFlags.None);
        frontier.Add(first, start);
        var disturbances = 0;
        for (; ; disturbances++)
        {
            // 1. All that time makes of what the disturbances have left.
            var isLast = disturbances >= limits.MostDisturbances;
            var layer = new StateBatch();
            layer.AddAll(frontier);
            while (frontier.Pieces > 0 && !IsOver(graph))
            {
                frontier = Expand(graph, frontier, 0, _ways);
                if (!isLast)
                {
                    layer.AddAll(frontier);
                }
            }

            // 2. One disturbance more, at every moment.
            frontier = isLast || IsOver(graph) ? new StateBatch() : Expand(graph, layer, _ways, world.Actions.Count);
            if (frontier.Pieces == 0)
            {
                break;
            }
        }

        var isComplete = !IsOver(graph);
        return new SearchResult(world.Name, graph.Count, _steps, disturbances)
        {
            IsComplete = isComplete,
            IsExhausted = isComplete && disturbances < limits.MostDisturbances,
            Counterexample = _broken is { } broken
                ? new Counterexample<TState>(world).Of([.. graph.PathTo(broken.Place), broken.Action], broken.Words)
                : null,
            Rest = isComplete ? new CourseOfTime<TState>(world, graph).Judge() : null,
        };
    }

    private bool IsOver(StateGraph graph) => graph.IsFull || _broken is not null;

    private StateBatch Expand(StateGraph graph, StateBatch frontier, int firstAction, int endAction)
    {
        var found = new StateBatch();
        Parallel.For(
            0,
            frontier.Pieces,
            new ParallelOptions { MaxDegreeOfParallelism = limits.Threads },
            static () => new StateBatch(),
            (piece, loop, local) =>
            {
                if (IsOver(graph))
                {
                    loop.Stop();
                    return local;
                }

                var steps = 0;
                frontier.Visit(piece, (place, state) => steps += Expand(graph, place, state, firstAction, endAction, local));
                Interlocked.Add(ref _steps, steps);
                return local;
            },
            local =>
            {
                lock (_lock)
                {
                    found.AddAll(local);
                }
            });
        return found;
    }

    private int Expand(StateGraph graph, int place, ReadOnlySpan<byte> packed, int firstAction, int endAction, StateBatch found)
    {
        var state = world.Read(packed);
        Span<byte> into = stackalloc byte[LongestState];
        var steps = 0;
        for (var action = firstAction; action < endAction; action++)
        {
            if (world.Try(state, action) is not { } outcome)
            {
                continue;
            }

            steps++;
            if (outcome.Broken is { } broken)
            {
                Break(place, action, broken);
                continue;
            }

            var next = into[..world.Write(outcome.State, into)];
            var added = graph.Add(next, place, action, out var slot);
            if (action < _ways)
            {
                graph.Follow(place, action, slot);
                graph.Mark(place, outcome.Announced ? StateFlags.Announces : StateFlags.None);
            }

            if (added >= 0)
            {
                graph.Mark(added, world.IsAsItShouldBe(outcome.State) ? StateFlags.AsItShouldBe : StateFlags.None);
                found.Add(added, next);
            }
        }

        return steps;
    }

    private void Break(int place, int action, string words)
    {
        lock (_lock)
        {
            _broken ??= (place, action, words);
        }
    }
}
