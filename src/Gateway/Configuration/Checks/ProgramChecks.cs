using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Checks;

/// <summary>Programs that would not start when they are needed, which may be months later.</summary>
internal static class ProgramChecks
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Warns of a program, given by its path, that cannot be started as it is.</summary>
    public static void Run(string program, string path, Reader reader)
    {
        if (FlawOf(program) is var (flaw, remedy))
        {
            reader.WarningAt(path, $"The program {flaw}, given {Reader.Quote(program)}. {remedy} before it is needed.");
        }
    }

    private static (string Flaw, string Remedy)? FlawOf(string program)
    {
        if (Directory.Exists(program))
        {
            return ("is a folder", "Write the path of a program");
        }

        try
        {
            // A link that leads to nothing, or to itself, exists.
            if (File.Exists(program))
            {
                return !OperatingSystem.IsWindows() && (File.GetUnixFileMode(program) & Executable) == UnixFileMode.None
                    ? ("may not be executed", "Make it executable (chmod +x)")
                    : null;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is not there, as far as this process can tell.
        }

        return ("does not exist", "Put it there");
    }
}
