using System.Numerics;
using System.Runtime.InteropServices;

namespace Gateway.Tests.Exploration;

/// <summary>
/// The states that were visited, by a fingerprint of 64 bits each (hash compaction): with n states the chance that one was taken for
/// another that was visited before, and so left out, is about n² / 2^65; of ten million states that is one in 400,000. Bounded: what
/// does not fit is not taken, and the graph says so. Several threads may add.
/// </summary>
internal sealed class StateGraph
{
    private const int None = -1;

    private readonly ulong[] _marks;
    private readonly int[] _placeOfSlot;
    private readonly int[] _parents;
    private readonly byte[] _actions;
    private readonly byte[] _flags;
    private readonly int[] _following;
    private int _count;

    /// <param name="most">States at most.</param>
    /// <param name="ways">Actions of a state that are no disturbance.</param>
    public StateGraph(int most, int ways)
    {
        Most = most;
        Ways = ways;
        var slots = (int)BitOperations.RoundUpToPowerOf2((uint)(most + (most / 2) + 64));
        _marks = new ulong[slots];
        _placeOfSlot = new int[slots];
        _parents = new int[most];
        _actions = new byte[most];
        _flags = new byte[most];
        _following = new int[(long)most * ways];
        _following.AsSpan().Fill(None);
    }

    /// <summary>States at most.</summary>
    public int Most { get; }

    /// <summary>Actions of a state that are no disturbance: the course of time.</summary>
    public int Ways { get; }

    /// <summary>States.</summary>
    public int Count => Math.Min(Volatile.Read(ref _count), Most);

    /// <summary>There were more than fit.</summary>
    public bool IsFull => Volatile.Read(ref _count) > Most;

    /// <summary>A state that was not visited yet gets a place, else -1. Its slot tells it from others either way.</summary>
    public int Add(ReadOnlySpan<byte> state, int parent, int action, out int slot)
    {
        var mark = FingerprintOf(state);
        slot = (int)(mark & (ulong)(_marks.Length - 1));
        while (true)
        {
            var found = Volatile.Read(ref _marks[slot]);
            if (found == 0)
            {
                if (IsFull)
                {
                    return None;
                }

                found = Interlocked.CompareExchange(ref _marks[slot], mark, 0);
                if (found == 0)
                {
                    break;
                }
            }

            if (found == mark)
            {
                return None;
            }

            slot = (slot + 1) & (_marks.Length - 1);
        }

        var place = Interlocked.Increment(ref _count) - 1;
        if (place >= Most)
        {
            return None;
        }

        _placeOfSlot[slot] = place;
        _parents[place] = parent;
        _actions[place] = (byte)action;
        return place;
    }

    /// <summary>What is so in a state.</summary>
    public void Mark(int place, StateFlags flags) => _flags[place] |= (byte)flags;

    /// <summary>Whether all of this is so.</summary>
    public bool Is(int place, StateFlags flags) => ((StateFlags)_flags[place] & flags) == flags;

    /// <summary>The slot of what follows a state by the course of time.</summary>
    public void Follow(int place, int way, int slot) => _following[((long)place * Ways) + way] = slot;

    /// <summary>What follows a state by the course of time; -1: nothing was seen to.</summary>
    public int Following(int place, int way) => _following[((long)place * Ways) + way] is >= 0 and var slot ? _placeOfSlot[slot] : None;

    /// <summary>The actions that led to a state, from the start.</summary>
    public List<int> PathTo(int place)
    {
        var path = new List<int>();
        for (; _parents[place] >= 0; place = _parents[place])
        {
            path.Add(_actions[place]);
        }

        path.Reverse();
        return path;
    }

    // Two multiplications of 64 bits a word, folded: every bit of the state changes half of the fingerprint's.
    private static ulong FingerprintOf(ReadOnlySpan<byte> state)
    {
        const ulong first = 0x9E3779B97F4A7C15, second = 0xD6E8FEB86659FD93;
        var sum = first ^ (ulong)state.Length;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(state))
        {
            sum = Fold(sum ^ word, second) + first;
        }

        ulong rest = 0;
        foreach (var one in state[(state.Length / sizeof(ulong) * sizeof(ulong))..])
        {
            rest = (rest << 8) | one;
        }

        sum = Fold(Fold(sum ^ rest, second) ^ first, second);
        return sum == 0 ? 1 : sum;
    }

    private static ulong Fold(ulong value, ulong by)
    {
        var high = Math.BigMul(value, by, out var low);
        return high ^ low;
    }
}

/// <summary>What is so in a state.</summary>
[Flags]
internal enum StateFlags
{
    None = 0,

    /// <summary>As it should be once nothing disturbs it.</summary>
    AsItShouldBe = 1,

    /// <summary>A transition is announced in what follows by the course of time.</summary>
    Announces = 2,
}
