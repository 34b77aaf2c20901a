using System.Diagnostics;
using System.Text.Json;

namespace Gateway.Conformance.Support;

/// <summary>Where a batch's requests go.</summary>
/// <param name="Kind"><c>h1</c> or <c>h2</c>.</param>
internal sealed record BatchTarget(string Kind, bool Tls, int Port);

/// <summary>One request of a batch.</summary>
/// <param name="Size">Bytes of the request's body; 0: none.</param>
/// <param name="Text">Whether the text of a small response is wanted.</param>
internal sealed record BatchRequest(
    string Id,
    string Target,
    string Method,
    string Path,
    IReadOnlyDictionary<string, string> Headers,
    int Size = 0,
    bool Text = false);

/// <summary>Sends many requests by node's clients of HTTP/1.1 and HTTP/2 (clients/batch.mjs).</summary>
internal static class Batch
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>What was read, by id.</summary>
    public static async Task<Dictionary<string, Reading>> RunAsync(
        IReadOnlyDictionary<string, BatchTarget> targets,
        IEnumerable<BatchRequest> requests,
        int concurrency = 24,
        TimeSpan? timeout = null,
        CancellationToken cancel = default)
    {
        var input = JsonSerializer.Serialize(new
        {
            targets,
            cells = requests,
            concurrency,
            timeout = (timeout
            ?? TimeSpan.FromSeconds(15)).TotalMilliseconds
        }, Options);
        var output = await Command.RunAsync(Tools.Need("node"), [Path.Combine(Tools.Clients, "batch.mjs")], input, cancel: cancel);
        if (output.ExitCode != 0)
        {
            throw new InvalidOperationException("The batch ended with " + output.ExitCode + ": " + output.Error);
        }

        return output.Text
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(Reading.Parse)
            .ToDictionary(reading => reading.Id, StringComparer.Ordinal);
    }
}

/// <summary>What a program wrote and ended with.</summary>
internal sealed record CommandOutput(int ExitCode, string Text, string Error);

/// <summary>Runs a program to its end.</summary>
internal static class Command
{
    /// <summary>Gives it the input, and reads both outputs; kills it when the time is over.</summary>
    public static async Task<CommandOutput> RunAsync(
        string file,
        IEnumerable<string> arguments,
        string? input = null,
        IReadOnlyDictionary<string, string>? environment = null,
        string? folder = null,
        TimeSpan? within = null,
        CancellationToken cancel = default)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Tools.Clients
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{file}' did not start.");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(within ?? TimeSpan.FromSeconds(180));
        try
        {
            var text = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var error = process.StandardError.ReadToEndAsync(deadline.Token);
            if (input is not null)
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), deadline.Token);
            }

            process.StandardInput.Close();
            await process.WaitForExitAsync(deadline.Token);
            return new(process.ExitCode, await text, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
