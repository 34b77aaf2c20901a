using Gateway.Failover;

namespace Gateway.Tests.Exploration;

/// <summary>What must hold of one gateway: docs/proofs.md says what each name means.</summary>
internal static class LoneInvariants
{
    /// <summary>Of one step of the machine; null: all hold.</summary>
    public static string? OfStep(LoneRules rules, LoneGateway before, LoneGateway after, Order? order, Change? change)
    {
        var (was, now, witness) = (before.Machine, after.Machine, before.Witness);

        // 1. A change is announced once, and nothing is that is none. Before the first round is over the choice is provisional.
        if (was.Settled && (was.Active != now.Active) != (change is not null))
        {
            return $"one-announcement: from {was.Active} to {now.Active}, announced {change}";
        }

        if (change is { } said && (said.From == said.To || said.To != now.Active || (was.Settled && said.From != was.Active)))
        {
            return $"one-announcement: from {was.Active} to {now.Active}, announced {said}";
        }

        if (now.Epoch < was.Epoch)
        {
            return $"epochs-grow: {was.Epoch} became {now.Epoch}";
        }

        // 2. What is held and can serve is not left.
        if (order is null && witness.Held >= 0 && before.PlaceOf(rules, witness.Held) is >= 0 and var held
            && before.Standings[witness.Held] >= TierHealth.Unverified && was.Active == held && now.Active != held)
        {
            return $"hold-kept: {rules.Names[witness.Held]} is held and can serve, and was left";
        }

        if (order is { Hold: { } hold } && was.Settled && rules.Layouts[before.Layout][hold.Tier] is var wanted
            && before.Standings[wanted] >= TierHealth.Unverified && now.Active != hold.Tier)
        {
            return $"hold-kept: {rules.Names[wanted]} can serve, and does not though it is to be held";
        }

        // 3. No leaving before `switchAfter`.
        if (change is { Reason: TransitionReason.Failover, From: >= 0 } && was.Settled && witness.UnableFor < rules.Scale.Patience)
        {
            return $"patience-kept: {was.Active} is left after {witness.UnableFor} ticks of {rules.Scale.Patience}";
        }

        // 4. No return before `after`.
        return was.Settled && change is { From: >= 0, To: >= 0 } real && real.To < real.From
            ? OfReturn(rules, before, real, order)
            : null;
    }

    /// <summary>Of a moment, when the machine has nothing more to do in it; null: all hold.</summary>
    public static string? OfMoment(LoneRules rules, LoneGateway gateway)
    {
        var (machine, witness, standing) = (gateway.Machine, gateway.Witness, gateway.ActiveStanding(rules));
        if (!machine.Settled)
        {
            return null;
        }

        // 1. A tier that can serve is not left unused while the active one cannot.
        var layout = rules.Layouts[gateway.Layout];
        var isPatient = machine.Active >= 0 && machine.RampFrom < 0 && witness.UnableFor < rules.Scale.Patience;
        foreach (var name in layout)
        {
            if (standing < TierHealth.Unverified && gateway.Standings[name] > standing && !isPatient)
            {
                return $"healthy-tier-used: {rules.Names[name]} is {gateway.Standings[name]}, the active tier {standing}";
            }
        }

        // 2. Ramps.
        var share = FailoverTimers.ShareOf(machine, rules.Config.Failback, gateway.Now);
        if (machine.RampFrom >= 0 && (machine.Active < 0 || machine.RampFrom == machine.Active || machine.RampFrom >= layout.Length))
        {
            return $"ramp-sound: from {machine.RampFrom} to {machine.Active}";
        }

        if (share is < 0.1 or > 1 || (machine.RampFrom >= 0 && standing >= TierHealth.Unverified && witness.RampFor >= rules.Scale.Ramp))
        {
            return $"ramp-sound: a share of {share} after {witness.RampFor} ticks";
        }

        return OfWaits(rules, gateway, standing);
    }

    // What may serve, serves in time: a better tier after its wait, a held one likewise.
    private static string? OfWaits(LoneRules rules, LoneGateway gateway, TierHealth standing)
    {
        var (machine, witness) = (gateway.Machine, gateway.Witness);
        if (machine.Active < 0 || standing < TierHealth.Unverified || machine.RampFrom >= 0)
        {
            return null;
        }

        var wait = rules.Scale.WaitOf(witness.Relapses);
        if (witness.Held >= 0)
        {
            return gateway.PlaceOf(rules, witness.Held) != machine.Active && witness.HealthyFor[witness.Held] >= wait
                ? $"hold-kept: {rules.Names[witness.Held]} is held, has proved itself, and does not serve"
                : null;
        }

        for (var place = 0; place < machine.Active && rules.Config.Failback.Auto; place++)
        {
            var name = rules.Layouts[gateway.Layout][place];
            if (witness.HealthyFor[name] >= wait)
            {
                return $"return-in-time: {rules.Names[name]} has been healthy for {witness.HealthyFor[name]} ticks of {wait}";
            }
        }

        return null;
    }

    private static string? OfReturn(LoneRules rules, LoneGateway before, Change change, Order? order)
    {
        var name = rules.Layouts[before.Layout][change.To];
        if (before.ActiveStanding(rules) < TierHealth.Unverified || order is { Hold: not null })
        {
            return null;
        }

        var isManual = !rules.Config.Failback.Auto;
        if (isManual && order is null && change.Reason != TransitionReason.Hold)
        {
            return $"no-early-return: to {rules.Names[name]} without an order";
        }

        var wait = isManual && order is not null ? 0 : rules.Scale.WaitOf(before.Witness.Relapses);
        return before.Witness.HealthyFor[name] < wait
            ? $"no-early-return: to {rules.Names[name]} after {before.Witness.HealthyFor[name]} ticks of {wait}"
            : null;
    }
}
