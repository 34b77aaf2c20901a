using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Gateway.Notifications;

/// <summary>
/// Starts a program, without a shell: the arguments are those of the configuration and nothing of the notification is among them. It gets
/// the notification as JSON on its input and as <c>GATEWAY_…</c> variables. Out of time it is killed with everything that it started.
/// </summary>
internal sealed class ExecDelivery(ImmutableArray<string> command) : INotifyDelivery
{
    private const int MaxOutput = 1000;
    private static readonly TimeSpan DrainWithin = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public string Name { get; } = $"program {Path.GetFileName(command[0])}";

    /// <inheritdoc/>
    public async Task DeliverAsync(Notification notification, CancellationToken cancellationToken)
    {
        using var process = Start(notification);
        var error = DrainAsync(process.StandardError);
        var output = DrainAsync(process.StandardOutput);
        try
        {
            await WriteAsync(process, notification.ToJson(), cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode != 0)
        {
            var said = await SaidAsync(error, output).ConfigureAwait(false);
            throw new DeliveryException(
                string.Create(CultureInfo.InvariantCulture, $"it ended with exit code {process.ExitCode}{said}"),
                mayRepeat: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Each start owns what it needs.
    }

    private Process Start(Notification notification)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["GATEWAY_EVENT"] = notification.EventName;
        start.Environment["GATEWAY_CLUSTER"] = notification.Cluster ?? "";
        start.Environment["GATEWAY_FROM"] = notification.From ?? "";
        start.Environment["GATEWAY_TO"] = notification.To ?? "";
        start.Environment["GATEWAY_TIER"] = notification.Tier ?? "";
        start.Environment["GATEWAY_DESTINATION"] = notification.Destination ?? "";
        start.Environment["GATEWAY_TEXT"] = notification.Text;
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new DeliveryException($"it cannot be started: {e.Message}", mayRepeat: false, e);
        }
    }

    private static async Task WriteAsync(Process process, byte[] json, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(json, cancellationToken).ConfigureAwait(false);
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
