namespace Gateway.Tests.Exploration;

/// <summary>
/// What becomes of every state once nothing disturbs it any more, in whatever order things then happen: that it becomes as it should be,
/// that it stays so, and that nothing is announced for ever (no livelock). The states are closed under the course of time, so each
/// answer is exact: the longest of all ways.
/// </summary>
internal sealed class CourseOfTime<TState>(IWorld<TState> world, StateGraph graph)
{
    private const int Unknown = int.MaxValue;

    /// <summary>Judges every state.</summary>
    public RestResult Judge()
    {
        var goal = Lengths(place => graph.Is(place, StateFlags.AsItShouldBe));
        if (Array.IndexOf(goal, Unknown) is >= 0 and var never)
        {
            return new RestResult(-1, -1, Words("no-livelock: it never becomes as it should be", never, goal));
        }

        var isAtRest = AtRest();
        var rest = Lengths(place => isAtRest[place]);
        return Array.IndexOf(rest, Unknown) is >= 0 and var restless
            ? new RestResult(goal.Max(), -1, Words("no-livelock: it never stays as it should be", restless, rest))
            : new RestResult(goal.Max(), rest.Max(), Problem: null);
    }

    // As it should be, silent, and so is all that follows.
    private bool[] AtRest()
    {
        var isAtRest = new bool[graph.Count];
        for (var place = 0; place < isAtRest.Length; place++)
        {
            isAtRest[place] = graph.Is(place, StateFlags.AsItShouldBe) && !graph.Is(place, StateFlags.Announces);
        }

        for (var changed = true; changed;)
        {
            changed = false;

            // What follows a state was mostly found after it: backwards, most is done in one pass.
            for (var place = isAtRest.Length - 1; place >= 0; place--)
            {
                if (isAtRest[place] && !All(place, next => isAtRest[next]))
                {
                    isAtRest[place] = false;
                    changed = true;
                }
            }
        }

        return isAtRest;
    }

    // Of each state the longest way to where something is so.
    private int[] Lengths(Func<int, bool> isThere)
    {
        var lengths = new int[graph.Count];
        var open = new List<int>();
        for (var place = lengths.Length - 1; place >= 0; place--)
        {
            if (!isThere(place))
            {
                lengths[place] = Unknown;
                open.Add(place);
            }
        }

        for (var before = -1; before != open.Count && open.Count > 0;)
        {
            before = open.Count;
            open.RemoveAll(place =>
            {
                var longest = 0;
                var isKnown = All(place, next =>
                {
                    longest = Math.Max(longest, lengths[next]);
                    return longest != Unknown;
                });
                lengths[place] = isKnown ? longest + 1 : Unknown;
                return isKnown;
            });
        }

        return lengths;
    }

    private bool All(int place, Func<int, bool> holds)
    {
        var any = false;
        for (var way = 0; way < graph.Ways; way++)
        {
            if (graph.Following(place, way) is >= 0 and var next)
            {
                any = true;
                if (!holds(next))
                {
                    return false;
                }
            }
        }

        return any;
    }

    // The first such state, and how it goes on there.
    private string Words(string problem, int place, int[] lengths)
    {
        var path = graph.PathTo(place);
        var before = path.Count;
        for (var seen = new HashSet<int>(); seen.Add(place);)
        {
            var (from, next) = (place, -1);
            for (var way = 0; way < graph.Ways && next < 0; way++)
            {
                if (graph.Following(from, way) is >= 0 and var following && lengths[following] == Unknown)
                {
                    next = following;
                    path.Add(way);
                }
            }

            if (next < 0)
            {
                break;
            }

            place = next;
        }

        return $"{world.Name}: {problem} after step {before}\n{new Counterexample<TState>(world).Tell(path)}";
    }
}
