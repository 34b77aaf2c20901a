using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Gateway.Notifications;

/// <summary>
/// Runs a program without a shell. It gets a text on its input; out of time it is killed with everything that it started.
/// </summary>
internal static class ProgramRunner
{
    private const int MaxOutput = 1000;
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
        var error = DrainAsync(process.StandardError);
        var output = DrainAsync(process.StandardOutput);
        try
        {
            await WriteAsync(process, input, cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, process.ExitCode == 0 ? "" : await SaidAsync(error, output).ConfigureAwait(false));
    }

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

    /// <summary>Reads to the end, so that a program that talks much is not held up, and keeps the beginning.</summary>
    private static async Task<string> DrainAsync(StreamReader from)
    {
        var kept = new StringBuilder();
        var buffer = new char[1024];
        try
        {
            while (await from.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
            {
                kept.Append(buffer, 0, Math.Min(count, MaxOutput - kept.Length));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The process is over and its pipe closed under us: what came until then is what there is.
        }

        return kept.ToString().Trim();
    }

    // A program that it left running may hold its output open for ever.
    private static async Task<string> SaidAsync(Task<string> error, Task<string> output)
    {
        await Task.WhenAll((Task)error, output).WaitAsync(DrainWithin).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var said = error is { IsCompletedSuccessfully: true, Result.Length: > 0 } ? await error.ConfigureAwait(false)
            : output is { IsCompletedSuccessfully: true, Result.Length: > 0 } ? await output.ConfigureAwait(false) : "";
        return said.Length > 0 ? $": {said}" : "";
    }
}
