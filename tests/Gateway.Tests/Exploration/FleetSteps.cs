using Gateway.Failover;

namespace Gateway.Tests.Exploration;

/// <summary>What happens to a fleet in an action, part by part.</summary>
internal sealed class FleetSteps(FleetRules rules, FleetState state)
{
    /// <summary>What has become of it.</summary>
    public FleetState State { get; private set; } = state;

    /// <summary>A transition was announced.</summary>
    public bool Announced { get; private set; }

    /// <summary>The invariant that is broken; null: none is.</summary>
    public string? Broken { get; private set; }

    /// <summary>Time passes; then gateways exchange, one after the other.</summary>
    /// <param name="order">Those that exchange.</param>
    /// <param name="unheard">Whose response is lost; -1: none is.</param>
    /// <param name="late">Whose request stays on its way.</param>
    /// <param name="still">The gateway that does nothing.</param>
    public FleetSteps? Pass(int[] order, int unheard = -1, int late = -1, int still = -1)
    {
        if (late >= 0 && State.Late is not null)
        {
            return null;
        }

        State = State with { Now = State.Now + FleetRules.Tick };
        for (var i = 0; i < rules.Gateways; i++)
        {
            var member = State.Members[i];
            member = member with { HealthyFor = [Older(member.HealthyFor[0]), Older(member.HealthyFor[1])] };
            if (i == still)
            {
                State = State with { Members = State.Members.SetItem(i, member) };
            }
            else
            {
                Turn(i, member with { FirstRound = true });
            }
        }

        if (unheard >= 0)
        {
            Execute(FleetExchange.Request(rules, State, unheard));
        }

        foreach (var i in order)
        {
            Exchange(i);
        }

        if (late >= 0)
        {
            State = State with { Late = FleetExchange.Request(rules, State, late) };
        }

        return this;
    }

    /// <summary>A gateway exchanges, and once more if it has something to write that others wait for.</summary>
    public FleetSteps? Exchange(int gateway)
    {
        for (var (again, count) = (true, 0); again && count < 3; count++)
        {
            var request = FleetExchange.Request(rules, State, gateway);
            Execute(request);
            var outcome = FleetExchange.Receive(rules, State, request, out again);
            Take(outcome);
        }

        return this;
    }

    /// <summary>Gateways see something else.</summary>
    public FleetSteps? See(int[] gateways, int tier, TierHealth standing)
    {
        var any = false;
        foreach (var i in gateways)
        {
            var member = State.Members[i];
            if (member.Sights[tier] != standing)
            {
                any = true;
                Turn(i, member with { Sights = member.Sights.SetItem(tier, standing) });
            }
        }

        return any ? this : null;
    }

    /// <summary>An operator orders something at these gateways; -1: a release.</summary>
    public FleetSteps? Order(int[] gateways, int tier)
    {
        if (tier < 0 && State.Members.All(static member => member.Machine.Held is null))
        {
            return null;
        }

        foreach (var i in gateways)
        {
            var until = FleetRules.ClockOf(i, State.Now) + (FleetRules.HoldTicks * FleetRules.Tick);
            Turn(i, State.Members[i], new Order(tier < 0 ? null : new Hold(tier, until, "")));
        }

        return this;
    }

    /// <summary>A process ends and another begins.</summary>
    /// <param name="gateway">Of which gateway.</param>
    /// <param name="fresh">The new one.</param>
    /// <param name="crashed">The old one could not say that it goes.</param>
    public FleetSteps? Restart(int gateway, FleetMember fresh, bool crashed)
    {
        var lives = State.Store.Lives;
        lives = crashed ? lives.SetItem(rules.Gateways + gateway, lives[gateway]) : lives;
        State = State with { Store = State.Store with { Lives = lives.SetItem(gateway, null) } };
        Turn(gateway, fresh with { Machine = fresh.Machine with { ActiveSince = FleetRules.ClockOf(gateway, State.Now) } });
        return this;
    }

    /// <summary>What was late arrives after all; its sender has given it up.</summary>
    public FleetSteps? Arrive()
    {
        if (State.Late is not { } late)
        {
            return null;
        }

        State = State with { Late = null };
        Execute(late);
        return this;
    }

    /// <summary>Redis loses everything.</summary>
    public FleetSteps? Empty()
    {
        State = State with { Store = new FleetStore(null, TimeSpan.Zero, [.. State.Store.Lives.Select(static _ => (FleetLife?)null)]) };
        return this;
    }

    private static int Older(int ticks) => ticks < 0 ? ticks : ticks + 1;

    private void Turn(int gateway, FleetMember member, Order? order = null)
    {
        var turn = FleetTurn.Take(rules, member, FleetRules.ClockOf(gateway, State.Now), order);
        Take(new Outcome<FleetState>(State with { Members = State.Members.SetItem(gateway, turn.State) }, turn.Announced, turn.Broken));
    }

    private void Execute(FleetRequest request)
    {
        (State, var broken) = FleetExchange.Execute(State, request);
        Broken ??= broken;
    }

    private void Take(Outcome<FleetState> outcome)
    {
        State = outcome.State;
        Announced |= outcome.Announced;
        Broken ??= outcome.Broken;
    }
}
