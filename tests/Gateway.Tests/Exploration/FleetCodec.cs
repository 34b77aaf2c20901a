using Gateway.Consensus;
using Gateway.Failover;
using Gateway.Fleet;

namespace Gateway.Tests.Exploration;

/// <summary>
/// The canonical form of a fleet. Epochs count from the lowest that is still known: they are only compared, and the next is the highest and
/// one. What a gateway would not look at any more is left out.
/// </summary>
internal sealed class FleetCodec(FleetRules rules)
{
    private static readonly TimeSpan Tick = FleetRules.Tick;

    /// <summary>Writes it.</summary>
    public int Write(FleetState state, Span<byte> into)
    {
        var writer = new PackedWriter(into);
        var shift = ShiftOf(state);
        for (var i = 0; i < rules.Gateways; i++)
        {
            Write(ref writer, state.Members[i], FleetRules.ClockOf(i, state.Now), shift);
        }

        Write(ref writer, state.Store.Change, shift);
        writer.AddAge(AgreedAt(state.Store.EndsAt), state.Now, Tick, FleetRules.OldestChange);
        foreach (var life in state.Store.Lives)
        {
            var isThere = life?.EndsAt > state.Now;
            writer.AddRest(isThere ? life!.EndsAt : null, state.Now, Tick, 100);
            if (isThere)
            {
                Write(ref writer, life!.Vote, shift);
                WriteEpoch(ref writer, life.Highest, shift);
            }
        }

        writer.Add(state.Late?.From ?? -1);
        if (state.Late is { } late)
        {
            Write(ref writer, late.Vote, shift);
            WriteEpoch(ref writer, late.Highest, shift);
            Write(ref writer, late.Write, state.Now, shift);
        }

        return writer.Length;
    }

    /// <summary>Reads it again.</summary>
    public FleetState Read(ReadOnlySpan<byte> from)
    {
        var reader = new PackedReader(from);
        var now = LoneGateway.Origin;
        var members = new FleetMember[rules.Gateways];
        for (var i = 0; i < members.Length; i++)
        {
            members[i] = ReadMember(ref reader, FleetRules.ClockOf(i, now));
        }

        var change = ReadChange(ref reader);
        var endsAt = (reader.NextAge(now, Tick) ?? now) + KnownChange.Keep;
        var lives = new FleetLife?[rules.Gateways * 2];
        for (var i = 0; i < lives.Length; i++)
        {
            lives[i] = reader.NextRest(now, Tick) is { } end ? new FleetLife(ReadVote(ref reader), reader.Next(), end) : null;
        }

        var late = reader.Next() is >= 0 and var sender
            ? new FleetRequest(sender, ReadVote(ref reader), reader.Next(), ReadWrite(ref reader, now))
            : null;
        return new FleetState(now, [.. members], new FleetStore(change, endsAt, [.. lives]), late);
    }

    private static TimeSpan AgreedAt(TimeSpan endsAt) => endsAt - KnownChange.Keep;

    private void Write(ref PackedWriter into, FleetMember member, TimeSpan now, long shift)
    {
        var epoch = member.Machine.Epoch;
        rules.Scale.Write(ref into, member.Machine with { Epoch = epoch == 0 ? 0 : epoch - shift }, 2, now);
        for (var tier = 0; tier < 2; tier++)
        {
            into.Add((int)member.Sights[tier]);
            into.Add(member.DownSince[tier] is not null);
            into.Add(Math.Min(member.HealthyFor[tier], rules.Scale.LongestWait));
        }

        var guidance = FleetGuidance.CountsAt(member.GuidedAt, now) ? member.Guidance : null;
        into.AddAge(guidance is null ? null : member.GuidedAt, now, Tick, 10);
        if (guidance is not null)
        {
            foreach (var tier in guidance.Tiers)
            {
                into.Add((tier.VotedDown ? 2 : 0) + (tier.MayReturn ? 1 : 0));
            }

            var call = guidance.Call;
            Write(ref into, call?.Change, shift);
            into.AddAge(call is null ? null : member.GuidedAt - call.Elapsed, member.GuidedAt, Tick, rules.Scale.Ramp + 1);
        }

        Write(ref into, member.Known?.Change, shift);
        into.AddAge(member.Known?.Since, now, Tick, FleetRules.OldestChange);
        WriteEpoch(ref into, member.Highest, shift);
        Write(ref into, member.Write, now, shift);
        into.Add(member.FirstRound);
    }

    private FleetMember ReadMember(ref PackedReader from, TimeSpan now)
    {
        var machine = rules.Scale.Read(ref from, 2, now);
        var (sights, down, healthy) = (new TierHealth[2], new TimeSpan?[2], new int[2]);
        for (var tier = 0; tier < 2; tier++)
        {
            sights[tier] = (TierHealth)from.Next();
            down[tier] = from.NextFlag() ? now : null;
            healthy[tier] = from.Next();
        }

        FleetGuidance? guidance = null;
        var guidedAt = from.NextAge(now, Tick);
        if (guidedAt is { } at)
        {
            var tiers = new TierGuidance[2];
            for (var tier = 0; tier < 2; tier++)
            {
                var said = from.Next();
                tiers[tier] = new TierGuidance(rules.Config.Tiers[tier].Name, 0, VotedDown: said >= 2, MayReturn: said % 2 == 1);
            }

            var change = ReadChange(ref from);
            var agreedAt = from.NextAge(at, Tick);
            guidance = new FleetGuidance(2, [.. tiers], change is null ? null : new PendingDecision(change, at - agreedAt!.Value));
        }

        var known = ReadChange(ref from);
        var since = from.NextAge(now, Tick);
        return new FleetMember
        {
            Machine = machine,
            Sights = [.. sights],
            DownSince = [.. down],
            HealthyFor = [.. healthy],
            Guidance = guidance,
            GuidedAt = guidedAt ?? TimeSpan.Zero,
            Known = known is null ? null : new KnownChange(known, since!.Value),
            Highest = from.Next(),
            Write = ReadWrite(ref from, now),
            FirstRound = from.NextFlag(),
        };
    }

    // Of two tiers the kind says which is left.
    private static void Write(ref PackedWriter into, AgreedChange? change, long shift)
    {
        WriteEpoch(ref into, change?.Epoch ?? 0, shift);
        into.Add(change?.Kind == AgreedChangeKind.Failback);
    }

    private AgreedChange? ReadChange(ref PackedReader from)
    {
        var (epoch, isFailback) = (from.Next(), from.NextFlag());
        var (primary, standby) = (rules.Config.Tiers[0].Name, rules.Config.Tiers[1].Name);
        return epoch == 0 ? null
            : isFailback ? new AgreedChange(epoch, rules.Config.Name, AgreedChangeKind.Failback, standby, primary)
            : new AgreedChange(epoch, rules.Config.Name, AgreedChangeKind.Failover, primary, standby);
    }

    private void Write(ref PackedWriter into, ClusterVote? vote, long shift)
    {
        into.Add(vote is not null);
        if (vote is null)
        {
            return;
        }

        into.Add(vote.Active is null ? -1 : string.Equals(vote.Active, rules.Config.Tiers[0].Name, StringComparison.Ordinal) ? 0 : 1);
        WriteEpoch(ref into, vote.Epoch, shift);
        foreach (var tier in vote.Tiers)
        {
            into.Add((tier.Down ? 4 : 0) + (tier.Able ? 2 : 0) + (tier.ReadyToFailBack ? 1 : 0));
        }
    }

    private ClusterVote? ReadVote(ref PackedReader from)
    {
        if (!from.NextFlag())
        {
            return null;
        }

        var (active, epoch) = (from.Next(), from.Next());
        var tiers = new TierVote[2];
        for (var tier = 0; tier < 2; tier++)
        {
            var said = from.Next();
            tiers[tier] = new TierVote(rules.Config.Tiers[tier].Name, (said & 4) > 0, (said & 2) > 0, (said & 1) > 0);
        }

        return new ClusterVote(rules.Config.Name, active < 0 ? null : rules.Config.Tiers[active].Name, epoch, [.. tiers]);
    }

    private static void Write(ref PackedWriter into, FleetWrite? write, TimeSpan now, long shift)
    {
        into.Add(write is not null);
        if (write is not null)
        {
            Write(ref into, write.Expected, shift);
            Write(ref into, write.Value, shift);
            into.AddAge(now + write.KeepFor - KnownChange.Keep, now, Tick, FleetRules.OldestChange);
        }
    }

    private FleetWrite? ReadWrite(ref PackedReader from, TimeSpan now) => from.NextFlag()
        ? new FleetWrite(ReadChange(ref from), ReadChange(ref from)!, from.NextAge(now, Tick)!.Value + KnownChange.Keep - now)
        : null;

    private static void WriteEpoch(ref PackedWriter into, long epoch, long shift) =>
        into.Add(checked((int)(epoch == 0 ? 0 : epoch - shift)));

    // A gateway that has seen none yet would give the first: then nothing can be left out.
    private static long ShiftOf(FleetState state)
    {
        var lowest = long.MaxValue;
        void See(long? epoch) => lowest = epoch > 0 ? Math.Min(lowest, epoch.Value) : lowest;
        void SeeWrite(FleetWrite? write)
        {
            See(write?.Expected?.Epoch);
            See(write?.Value.Epoch);
        }

        foreach (var member in state.Members)
        {
            if (member.Highest == 0)
            {
                return 0;
            }

            See(member.Highest);
            See(member.Machine.Epoch);
            See(member.Known?.Change.Epoch);
            See(member.Guidance?.Call?.Change.Epoch);
            SeeWrite(member.Write);
        }

        foreach (var life in state.Store.Lives)
        {
            See(life?.Highest);
            See(life?.Vote?.Epoch);
        }

        See(state.Store.Change?.Epoch);
        See(state.Late?.Highest);
        See(state.Late?.Vote?.Epoch);
        SeeWrite(state.Late?.Write);
        return lowest == long.MaxValue ? 0 : lowest - 1;
    }
}
