using System.Runtime.InteropServices;

namespace Gateway.Drills.Load;

/// <summary>
/// The scheduling priority of the calling thread, which threads and processes that it starts inherit. A generator that
/// waits for a core behind the system under test measures its own waiting; real users have processors of their own.
/// Needs a privilege to go up, and does nothing without it: the reports show how late the generator was.
/// </summary>
internal static class Niceness
{
    /// <summary>For the generator: before everything of normal priority.</summary>
    public const int Generator = -10;

    /// <summary>For everything that is measured.</summary>
    public const int Normal = 0;

    /// <summary>Sets it for the calling thread. False: not permitted, nothing has changed.</summary>
    public static bool TrySet(int niceness) => SetPriority(PriorityOfThread, 0, niceness) == 0;

    // PRIO_PROCESS with id 0: on Linux this is the calling thread alone.
    private const int PriorityOfThread = 0;

    [DllImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static extern int SetPriority(int which, uint who, int priority);
}
