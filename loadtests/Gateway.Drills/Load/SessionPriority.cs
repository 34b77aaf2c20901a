using System.Globalization;

namespace Gateway.Drills.Load;

/// <summary>
/// The weight of this session among others. Where the kernel groups processes by session (autogroup, the default of most
/// distributions), a process's own niceness counts only inside its session: a build in another terminal takes half of
/// the machine from a drill of any niceness. Raised while the drill runs and set back at its end; needs a privilege,
/// and does nothing without it.
/// </summary>
internal sealed class SessionPriority : IDisposable
{
    /// <summary>What a drill takes.</summary>
    public const int Drill = -10;

    private readonly string _file;
    private readonly int _before;
    private int _isSetBack;

    private SessionPriority(string file, int before)
    {
        (_file, _before) = (file, before);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
    }

    /// <summary>Raises it; null: there are no such groups, it is raised already, or it is not permitted.</summary>
    /// <param name="file">Where the kernel shows and takes it.</param>
    public static SessionPriority? TryRaise(int niceness = Drill, string file = "/proc/self/autogroup")
    {
        try
        {
            if (!File.Exists(file) || Read(File.ReadAllText(file)) is not { } before || before <= niceness)
            {
                return null;
            }

            Write(file, niceness);
            return new(file, before);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Not permitted: reports show how late the generator was.
            return null;
        }
    }

    /// <summary>Sets it back, once.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isSetBack, 1) != 0)
        {
            return;
        }

        try
        {
            Write(_file, _before);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What could be raised can be set back, unless the privilege went away; no harm is done.
        }
    }

    /// <summary>The number in <c>/autogroup-195 nice 0</c>.</summary>
    private static int? Read(string text) =>
        int.TryParse(
            text.AsSpan(text.LastIndexOf(' ') + 1).Trim(),
            NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture,
            out var niceness) ? niceness : null;

    private static void Write(string file, int niceness) => File.WriteAllText(file, niceness.ToString(CultureInfo.InvariantCulture));
}
