using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Gateway.Drills.Load;

namespace Gateway.Drills.Processes;

/// <summary>
/// Starts processes that end when this one ends, however it ends. On an orderly end, Ctrl-C or SIGTERM they are
/// killed from here; when this process is itself killed, the kernel does it (<c>setpriv --pdeathsig</c>, part of
/// every Linux distribution's util-linux). The kernel counts the thread that forked as the parent, so all
/// processes are started from one thread that lives as long as we do. A child that is only being made when this process is killed finds
/// another parent in its place, and ends by itself.
/// </summary>
internal static class Launcher
{
    private static readonly ConcurrentDictionary<int, Process> Running = new();
    private static readonly BlockingCollection<(ProcessStartInfo Start, TaskCompletionSource<Process> Done)> Orders = new();
    private static readonly string? Setpriv = new[] { "/usr/bin/setpriv", "/bin/setpriv" }.FirstOrDefault(File.Exists);
    private static readonly IDisposable[] Hooks = Begin();

    /// <summary>Starts a process; its output is redirected and must be read by the caller.</summary>
    public static Task<Process> StartAsync(string file, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        GC.KeepAlive(Hooks);
        var start = new ProcessStartInfo
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true
        };
        start.FileName = Setpriv ?? file;
        if (Setpriv is not null)
        {
            start.ArgumentList.Add("--pdeathsig");
            start.ArgumentList.Add("KILL");
            start.ArgumentList.Add("/bin/sh");
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add("[ \"$PPID\" = \"$0\" ] && exec \"$@\"");
            start.ArgumentList.Add(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            start.ArgumentList.Add(file);
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        var done = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Orders.Add((start, done));
        return done.Task;
    }

    /// <summary>Forgets a process that has ended.</summary>
    public static void Forget(int pid) => Running.TryRemove(pid, out _);

    private static IDisposable[] Begin()
    {
        new Thread(ServeOrders) { IsBackground = true, Name = "process launcher" }.Start();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => KillAll();
        return
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => KillAll()),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => KillAll()),
        ];
    }

    private static void ServeOrders()
    {
        // What is measured runs at the usual priority, whatever the generator has taken for itself.
        Niceness.TrySet(Niceness.Normal);
        foreach (var (start, done) in Orders.GetConsumingEnumerable())
        {
            try
            {
                var process = Process.Start(start) ?? throw new InvalidOperationException($"'{start.FileName}' did not start.");
                Running[process.Id] = process;
                done.SetResult(process);
            }
            catch (Exception error)
            {
                // The caller gets it; this thread must go on for the others.
                done.SetException(error);
            }
        }
    }

    private static void KillAll()
    {
        foreach (var pid in Running.Keys)
        {
            Signals.Send(pid, Signals.Kill);
        }
    }
}
