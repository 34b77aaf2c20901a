using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;

namespace Gateway.Notifications;

/// <summary>
/// Runs a program without a shell. It gets a text on its input; out of time it is killed with everything that it started.
/// </summary>
internal static class ProgramRunner
{
    private static readonly TimeSpan DrainWithin = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs it to its end: its exit code, and the beginning of what it said on its outputs.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="variables">Further variables of its environment.</param>
    /// <param name="input">What it may read.</param>
    /// <param name="cancellationToken">Its deadline.</param>
    /// <exception cref="Win32Exception">It cannot be started.</exception>
    public static async Task<(int ExitCode, string Said)> RunAsync(
        ImmutableArray<string> command,
        IEnumerable<KeyValuePair<string, string>> variables,
        byte[] input,
        CancellationToken cancellationToken)
    {
        using var process = Start(command, variables);
        var error = ProgramOutput.Of(process.StandardError);
        var output = ProgramOutput.Of(process.StandardOutput);
        try
        {
            await WriteAsync(process, input, cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Kill(process);
            throw;
        }

        return (process.ExitCode, process.ExitCode == 0 ? "" : await SaidAsync(error, output).ConfigureAwait(false));
    }

    /// <summary>Why a program cannot be started, in the system's words and without an end.</summary>
    public static string ReasonOf(Win32Exception failure, string program) => Directory.Exists(program)
        ? "it is a folder"
        : new Win32Exception(failure.NativeErrorCode).Message.TrimEnd('.');

    private static Process Start(ImmutableArray<string> command, IEnumerable<KeyValuePair<string, string>> variables)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    // What runs as another user, as under sudo, cannot be killed, and must not become a failure of its own.
    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is AggregateException or Win32Exception or InvalidOperationException)
        {
            // It goes on, and its end is not waited for.
        }
    }

    private static async Task WriteAsync(Process process, byte[] input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, cancellationToken).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It closed its input or is over already: a program need not read it.
        }
    }

    private static async Task<string> SaidAsync(ProgramOutput error, ProgramOutput output)
    {
        await Task.WhenAll(error.Read, output.Read).WaitAsync(DrainWithin).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var said = error.Text is { Length: > 0 } text ? text : output.Text;
        return said.Length > 0 ? $": {said}" : "";
    }
}
