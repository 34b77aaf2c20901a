using System.Collections.Immutable;

namespace Gateway.Health.Signals;

/// <summary>All that signals hold of one destination, and what comes of it. Only the failover loop touches it.</summary>
internal sealed class DestinationSignals
{
    /// <summary>Each signal's latest word.</summary>
    public ImmutableArray<SignalMark> Marks { get; private set; } = [];

    /// <summary>What they come to.</summary>
    public MemberEffect Effect { get; private set; } = MemberEffect.None;

    /// <summary>Takes a reading. True: what it says has changed, beyond the value.</summary>
    public bool Take(SignalReading reading, TimeSpan now)
    {
        var index = IndexOf(reading.Signal);
        var before = index < 0 ? null : Marks[index];
        var isNew = before is null || before.State != reading.State || before.Effect != reading.Effect;
        var mark = new SignalMark(
            reading.Signal, reading.State, reading.Effect, reading.Value, isNew ? now : before!.Since, now + reading.ValidFor)
        {
            Series = reading.Series,
            Weight = reading.Weight,
            Capacity = reading.Capacity,
            Withheld = before is { Withheld: true } && reading.State == SignalState.Firing,
        };
        Marks = before is null ? Marks.Add(mark) : Marks.SetItem(index, mark);
        return isNew || before!.Weight != mark.Weight || before.Capacity != mark.Capacity;
    }

    /// <summary>Forgets what is too old to count, and signals that are no longer configured. True: something has changed.</summary>
    public bool Expire(Func<string, bool> isConfigured, TimeSpan now)
    {
        var before = Marks;
        foreach (var mark in before)
        {
            if (!isConfigured(mark.Name))
            {
                Marks = Marks.Remove(mark);
            }
            else if (mark.State != SignalState.Unknown && now >= mark.ValidUntil)
            {
                Marks = Marks.Replace(
                    mark,
                    new SignalMark(mark.Name, SignalState.Unknown, mark.Effect, "no data", now, mark.ValidUntil));
            }
        }

        return Marks != before;
    }

    /// <summary>What was decided. True: it is something else than before.</summary>
    public bool Apply(MemberEffect effect)
    {
        foreach (var mark in Marks)
        {
            var isWithheld = mark.State == SignalState.Firing && effect.Withheld.Contains(mark.Name, StringComparer.Ordinal);
            if (isWithheld != mark.Withheld)
            {
                Marks = Marks.Replace(mark, mark with { Withheld = isWithheld });
            }
        }

        var changed = effect.Effect != Effect.Effect || !effect.Share.Equals(Effect.Share) || !effect.Withheld.SequenceEqual(
            Effect.Withheld, StringComparer.Ordinal);
        Effect = effect;
        return changed;
    }

    private int IndexOf(string signal)
    {
        for (var i = 0; i < Marks.Length; i++)
        {
            if (string.Equals(Marks[i].Name, signal, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }
}
