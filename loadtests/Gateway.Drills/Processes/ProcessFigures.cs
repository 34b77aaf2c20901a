using System.Globalization;

namespace Gateway.Drills.Processes;

/// <summary>What a process has used so far, from the kernel's own accounting in /proc.</summary>
/// <param name="Cpu">User and system time together; the kernel counts in steps of 10 ms.</param>
/// <param name="ResidentBytes">Memory that is really there.</param>
/// <param name="Descriptors">Open files and sockets.</param>
internal readonly record struct ProcessFigures(TimeSpan Cpu, long ResidentBytes, int Descriptors)
{
    // USER_HZ: 100 on every Linux that .NET runs on; the kernel promises it to user space.
    private const long TicksPerSecond = 100;

    /// <summary>Reads the figures now.</summary>
    /// <exception cref="IOException">The process is gone.</exception>
    public static ProcessFigures Read(int pid)
    {
        var root = $"/proc/{pid.ToString(CultureInfo.InvariantCulture)}";

        // The second field is the command in brackets and may hold spaces: count from the last bracket.
        var stat = File.ReadAllText($"{root}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = Number(fields[11]) + Number(fields[12]);

        var pages = Number(File.ReadAllText($"{root}/statm").Split(' ')[1]);
        var descriptors = Directory.GetFiles($"{root}/fd").Length;
        return new(TimeSpan.FromSeconds((double)ticks / TicksPerSecond), pages * Environment.SystemPageSize, descriptors);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
