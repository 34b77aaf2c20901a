using System.Runtime.InteropServices;

namespace Gateway.Fuzzing.Engine;

/// <summary>
/// How often each edge was taken: what instrumented code writes to (<see cref="Instrumentation"/>). An edge is a pair of blocks that ran
/// one after the other, as AFL has it. Public, since the instrumented assembly reaches it.
/// </summary>
public static unsafe class EdgeMap
{
    /// <summary>Places; edges that share one count as one.</summary>
    public const int Size = 1 << 16;

    /// <summary>A count for each edge, modulo 256.</summary>
    public static readonly byte* Counts = (byte*)NativeMemory.AllocZeroed(Size);

    /// <summary>The block that ran before, shifted by one, so that a way back is another edge.</summary>
#pragma warning disable MA0069 // Instrumented code writes to it.
    public static int Previous;
#pragma warning restore MA0069

    internal static Span<byte> All => new(Counts, Size);

    /// <summary>Forgets what was counted.</summary>
    internal static void Clear()
    {
        All.Clear();
        Previous = 0;
    }
}
