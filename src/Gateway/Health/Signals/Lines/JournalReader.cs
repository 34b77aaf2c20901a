using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Gateway.Health.Signals.Lines;

/// <summary>
/// Follows the journal of a unit by <c>journalctl</c>, started without a shell, for all signals that name the unit. When it ends it is
/// started again, after the last record that came. It is killed when the reader ends.
/// </summary>
/// <param name="unit">The unit.</param>
/// <param name="board">Takes the lines.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
/// <param name="program">The program.</param>
internal sealed partial class JournalReader(
    string unit, LineBoard board, TimeProvider time, ILogger logger, string program = "journalctl") : ISignalReader
{
    // A record with a message as long as is looked at, were each byte of it written as a number.
    private const int LongestRecord = 128 * 1024;
    private const int MostSaid = 200;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = logger;
    private readonly string _topic = LineTopic.OfJournal(unit);
    private readonly byte[] _buffer = new byte[LongestRecord];
    private string? _cursor;
    private bool _failed;

    /// <inheritdoc/>
    public string Key { get; } = KeyOf(unit);

    /// <summary>The key of the reader of a unit.</summary>
    public static string KeyOf(string unit) => $"journalctl {unit}";

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        while (true)
        {
            var started = time.GetTimestamp();
            var why = await FollowAsync(cancellationToken).ConfigureAwait(false);
            board.Hear(_topic, isHeard: false);
            cancellationToken.ThrowIfCancellationRequested();
            if (time.GetElapsedTime(started) >= LongestPause)
            {
                (pause, _failed) = (FirstPause, false);
            }

            if (!_failed)
            {
                _failed = true;
                Ended(unit, why);
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    // Until the program ends; says why it did.
    private async Task<string> FollowAsync(CancellationToken cancellationToken)
    {
        Process process;
        try
        {
            process = Process.Start(Start())!;
        }
        catch (Win32Exception e)
        {
            return string.Create(CultureInfo.InvariantCulture, $"it cannot be started, error {e.NativeErrorCode}");
        }

        using (process)
        {
            var before = _cursor;
            process.StandardInput.Close();
            var said = SaidAsync(process.StandardError);
            try
            {
                board.Hear(_topic, isHeard: true);
                await TakeAsync(process.StandardOutput.BaseStream, cancellationToken).ConfigureAwait(false);
                await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // Its output broke off, or the reader ends.
            }
            finally
            {
                await EndAsync(process).ConfigureAwait(false);
            }

            // Where the journal was removed, there is nothing after a record that was in it.
            _cursor = string.Equals(before, _cursor, StringComparison.Ordinal) ? null : _cursor;
            var words = said.IsCompletedSuccessfully ? await said.ConfigureAwait(false) : "";
            return process.HasExited
                ? string.Create(CultureInfo.InvariantCulture, $"it ended with exit code {process.ExitCode}{words}")
                : "it does not end";
        }
    }

    private ProcessStartInfo Start()
    {
        // Whatever the unit is, it is no option.
        string[] arguments =
        [
            "--output=json",
            "--output-fields=MESSAGE,UNIT,_SYSTEMD_UNIT,_HOSTNAME",
            "--follow",
            "--no-pager",
            $"--unit={unit}",
            .. _cursor is { } last ? [$"--after-cursor={last}", "--lines=all"] : (string[])["--lines=0"],
        ];
        return new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }

    private async Task TakeAsync(Stream output, CancellationToken cancellationToken)
    {
        var length = 0;
        var skips = false;
        int count;
        while ((count = await output.ReadAsync(_buffer.AsMemory(length), cancellationToken).ConfigureAwait(false)) > 0)
        {
            length += count;
            var used = 0;
            int end;
            while ((end = _buffer.AsSpan(used, length - used).IndexOf((byte)'\n')) >= 0)
            {
                if (!skips && JournalRecord.Read(_buffer.AsMemory(used, end)) is { } record)
                {
                    _cursor = record.Cursor ?? _cursor;
                    board.Publish(_topic, record.Message, record.Unit, record.Host);
                }

                skips = false;
                used += end + 1;
            }

            _buffer.AsSpan(used, length - used).CopyTo(_buffer);
            length -= used;
            if (length == _buffer.Length)
            {
                // Longer than any record that is looked at.
                (length, skips) = (0, true);
            }
        }
    }

    private async Task EndAsync(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).WaitAsync(EndWithin, time).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException or Win32Exception)
        {
            // It is over already, or does not end though it was killed.
        }
    }

    // The beginning of what it says; the rest is read, so that it is not held up.
    private static async Task<string> SaidAsync(StreamReader error)
    {
        var said = new StringBuilder();
        var buffer = new char[MostSaid];
        try
        {
            while (await error.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
            {
                said.Append(buffer, 0, Math.Min(count, MostSaid - said.Length));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // What came until then is what there is.
        }

        var text = string.Concat(said.ToString().Trim().Select(static letter => char.IsControl(letter) ? ' ' : letter));
        return text.Length == 0 ? "" : $": {text}";
    }

    [LoggerMessage(
        3112,
        LogLevel.Warning,
        "The journal of unit '{Unit}' is not followed: journalctl is over ({Why}). Its signals are unknown until it runs; it is started "
        + "again and again.")]
    private partial void Ended(string unit, string why);
}
