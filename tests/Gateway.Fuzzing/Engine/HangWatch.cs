namespace Gateway.Fuzzing.Engine;

/// <summary>
/// Sees an input that does not end: while it runs the process uses more than the longest time of an input. The time is the processor's,
/// so that a busy machine is no hang.
/// </summary>
internal sealed class HangWatch : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly TimeSpan _longest;
    private readonly Action<byte[]> _found;
    private readonly LastInput? _last;
    private readonly ManualResetEventSlim _end = new();
    private readonly Thread _thread;
    private ReadOnlyMemory<byte> _input;
    private long _runs;
    private volatile bool _isRunning;

    /// <param name="longest">The longest that an input may take.</param>
    /// <param name="found">Told of the input, once, on the watch's own thread, while the input runs.</param>
    /// <param name="last">Takes each input, for when the process does not outlive it; null: nothing does.</param>
    public HangWatch(TimeSpan longest, Action<byte[]> found, LastInput? last = null)
    {
        (_longest, _found, _last) = (longest, found, last);
        _thread = new Thread(Watch) { IsBackground = true, Name = "hang watch" };
        _thread.Start();
    }

    /// <summary>An input begins.</summary>
    public void Begin(ReadOnlyMemory<byte> input)
    {
        _last?.Write(input.Span);
        _input = input;
        Interlocked.Increment(ref _runs);
        _isRunning = true;
    }

    /// <summary>It has ended.</summary>
    public void End() => _isRunning = false;

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Set();
        _thread.Join();
        _end.Dispose();
    }

    private void Watch()
    {
        var (run, since, told) = (0L, TimeSpan.Zero, 0L);
        while (!_end.Wait(Look))
        {
            var now = Environment.CpuUsage.TotalTime;
            var current = Interlocked.Read(ref _runs);
            if (current != run || !_isRunning)
            {
                (run, since) = (current, now);
            }
            else if (now - since > _longest && told != run)
            {
                told = run;
                _found(_input.ToArray());
            }
        }
    }
}
