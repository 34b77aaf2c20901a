using System.Diagnostics;
using System.Globalization;

namespace Gateway.Fuzzing.Engine;

/// <summary>Runs a target on one input, and holds it to its time and its memory.</summary>
/// <param name="target">The target.</param>
/// <param name="longest">The longest that an input may take.</param>
/// <param name="watch">Sees an input that does not end; null: nothing does.</param>
internal sealed class InputRunner(IFuzzTarget target, TimeSpan longest, HangWatch? watch = null)
{
    private const int Frames = 3;

    /// <summary>The most that an input has allocated, in bytes.</summary>
    public long MostAllocated { get; private set; }

    /// <summary>The longest that an input took.</summary>
    public TimeSpan LongestTaken { get; private set; }

    /// <summary>Inputs that were run.</summary>
    public long Inputs { get; private set; }

    /// <summary>Runs it; null: nothing is wrong.</summary>
    public Finding? Run(ReadOnlyMemory<byte> input)
    {
        var (thrown, allocated, taken) = RunOnce(input);
        if (thrown is not null)
        {
            return FindingOf(thrown, input);
        }

        // What is made once, and a machine that was busy elsewhere, are not the input's fault.
        if (allocated > target.MemoryFor(input.Length))
        {
            allocated = Math.Min(allocated, RunOnce(input).Allocated);
        }

        for (var again = 0; taken > longest && again < 2; again++)
        {
            taken = RunOnce(input).Taken is var next && next < taken ? next : taken;
        }

        MostAllocated = Math.Max(MostAllocated, allocated);
        LongestTaken = taken > LongestTaken ? taken : LongestTaken;
        return taken > longest
            ? new Finding(FindingKind.Hang, "hang", $"it takes {taken.TotalSeconds:0.0} s", input.ToArray())
            : allocated > target.MemoryFor(input.Length)
            ? new Finding(
                FindingKind.Memory,
                "memory",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{input.Length:N0} bytes allocate {allocated:N0}, at most {target.MemoryFor(input.Length):N0} may be"),
                input.ToArray())
            : null;
    }

    private (Exception? Thrown, long Allocated, TimeSpan Taken) RunOnce(ReadOnlyMemory<byte> input)
    {
        Inputs++;
        EdgeMap.Clear();
        watch?.Begin(input);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var began = Stopwatch.GetTimestamp();
        try
        {
            target.Run(input);
            return (null, GC.GetAllocatedBytesForCurrentThread() - before, Stopwatch.GetElapsedTime(began));
        }
        catch (Exception thrown)
        {
            return (thrown, 0, TimeSpan.Zero);
        }
        finally
        {
            watch?.End();
        }
    }

    // The same mistake is the same exception from the same place.
    private static Finding FindingOf(Exception thrown, ReadOnlyMemory<byte> input)
    {
        if (thrown is BrokenInvariantException)
        {
            return new Finding(
                FindingKind.Invariant, thrown.Message.Split(':')[0], thrown.Message, input.ToArray());
        }

        var frames = new StackTrace(thrown).GetFrames()
            .Select(static frame => frame.GetMethod())
            .Where(static method => method?.DeclaringType?.Namespace?.StartsWith("Gateway", StringComparison.Ordinal) == true)
            .Take(Frames)
            .Select(static method => $"{method!.DeclaringType!.Name}.{method.Name}");
        var text = $"{thrown.GetType().Name} in {string.Join(" < ", frames)}";
        return new Finding(FindingKind.Crash, text, $"{text}: {thrown.Message}", input.ToArray());
    }
}
