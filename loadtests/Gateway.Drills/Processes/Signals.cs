using System.Runtime.InteropServices;

namespace Gateway.Drills.Processes;

/// <summary>The signals that drills send: Linux numbers, by the C library's <c>kill</c>, because .NET only knows SIGKILL.</summary>
internal static class Signals
{
    /// <summary>Reload.</summary>
    public const int Hangup = 1;

    /// <summary>Ctrl-C.</summary>
    public const int Interrupt = 2;

    /// <summary>Dies at once, without a word to anyone.</summary>
    public const int Kill = 9;

    /// <summary>Opens the log again.</summary>
    public const int User1 = 10;

    /// <summary>Asks for an orderly end.</summary>
    public const int Terminate = 15;

    /// <summary>Ends a freeze.</summary>
    public const int Continue = 18;

    /// <summary>Freezes: the kernel still accepts connections, nothing answers them.</summary>
    public const int Stop = 19;

    /// <summary>Sends a signal to one process. False: there is no such process any more.</summary>
    public static bool Send(int pid, int signal)
    {
        // kill(0) and kill(-1) would reach this process's own group or everything we may signal.
        ArgumentOutOfRangeException.ThrowIfLessThan(pid, 2);
        return NativeKill(pid, signal) == 0;
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int NativeKill(int pid, int signal);
}
