using System.Text;

namespace Gateway.Notifications;

/// <summary>
/// One output of a program. It is read to its end, so that a program that talks much is not held up; the beginning is kept.
/// </summary>
internal sealed class ProgramOutput
{
    private const int Most = 1000;

    private readonly Lock _gate = new();
    private readonly StringBuilder _kept = new();

    private ProgramOutput(StreamReader from) => Read = ReadAsync(from);

    /// <summary>Over when the output is at its end, which a process that the program left behind may hold open for ever.</summary>
    public Task Read { get; }

    /// <summary>What came so far, as one line without control characters: it goes to logs and terminals.</summary>
    public string Text
    {
        get
        {
            lock (_gate)
            {
                return string.Join(' ', string.Concat(_kept.ToString().Select(static letter => char.IsControl(letter) ? ' ' : letter))
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }
        }
    }

    /// <summary>Begins to read.</summary>
    public static ProgramOutput Of(StreamReader from) => new(from);

    private async Task ReadAsync(StreamReader from)
    {
        var buffer = new char[1024];
        try
        {
            while (await from.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
            {
                lock (_gate)
                {
                    _kept.Append(buffer, 0, Math.Min(count, Most - _kept.Length));
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The process is over and its pipe closed under us: what came until then is what there is.
        }
    }
}
