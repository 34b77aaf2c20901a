using System.Diagnostics;

namespace Gateway.Drills.Processes;

/// <summary>
/// One process that a drill starts, hurts and ends. It can be started again after it ended: same command, same port.
/// Its last lines of output are kept for the message when something goes wrong.
/// </summary>
internal class ChildProcess(
    string name,
    string file,
    IReadOnlyList<string> arguments,
    IReadOnlyDictionary<string, string>? environment = null) : IAsyncDisposable
{
    private const int KeptLines = 400;
    private readonly Queue<string> _lines = new();
    private readonly Lock _linesGate = new();
    private Process? _process;
    private TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What messages call it.</summary>
    public string Name { get; } = name;

    /// <summary>The process's id.</summary>
    /// <exception cref="InvalidOperationException">It was never started.</exception>
    public int Pid => Current.Id;

    /// <summary>False once it ended, by itself or by us.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>The exit code once it ended; 128 + N when signal N ended it.</summary>
    public int ExitCode => Current.ExitCode;

    /// <summary>Completes when the process ends.</summary>
    public Task Ended => _ended.Task;

    /// <summary>After the end: waits until its last lines are read, a second at most, since what it started may keep them open.</summary>
    public async Task ReadToEndAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1), TimeProvider.System);
        await Current.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>CPU time, memory and descriptors now.</summary>
    public ProcessFigures Figures => ProcessFigures.Read(Pid);

    private Process Current => _process ?? throw new InvalidOperationException($"'{Name}' was never started.");

    /// <summary>The last lines that it wrote, standard output and error mixed as they came.</summary>
    public string Output
    {
        get
        {
            lock (_linesGate)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Starts it (again). It may not be ready yet: see what the derived classes wait for.</summary>
    public virtual async Task StartAsync(CancellationToken cancel = default)
    {
        if (IsRunning)
        {
            throw new InvalidOperationException($"'{Name}' is running already, as process {Pid}.");
        }

        cancel.ThrowIfCancellationRequested();
        _process?.Dispose();
        _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = await Launcher.StartAsync(file, arguments, environment);
        var ended = _ended;
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) =>
        {
            Launcher.Forget(process.Id);
            ended.TrySetResult();
        };
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (process.HasExited)
        {
            ended.TrySetResult();
        }
    }

    /// <summary>kill -9, and waits until the kernel has closed its sockets.</summary>
    public async Task KillAsync()
    {
        if (IsRunning)
        {
            Send(Signals.Kill);
        }

        if (_process is not null)
        {
            await Ended.WaitAsync(TimeSpan.FromSeconds(10));
        }
    }

    /// <summary>SIGSTOP: it keeps its port and its connections and does nothing.</summary>
    public void Freeze() => Send(Signals.Stop);

    /// <summary>SIGCONT: ends a freeze.</summary>
    public void Thaw() => Send(Signals.Continue);

    /// <summary>SIGTERM, then waits for the end. Returns the exit code.</summary>
    public async Task<int> TerminateAsync(TimeSpan within)
    {
        Send(Signals.Terminate);
        await Ended.WaitAsync(within);
        return ExitCode;
    }

    /// <summary>Sends one of <see cref="Signals"/>.</summary>
    public void Send(int signal) => Signals.Send(Pid, signal);

    /// <summary>Kills it if it still runs.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
        _process = null;
        GC.SuppressFinalize(this);
    }

    /// <summary>Awaits a condition; ends with an exception that shows the output when the process ends or time runs out first.</summary>
    protected async Task UntilAsync(string what, TimeSpan within, Func<CancellationToken, Task<bool>> condition, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(within);
        try
        {
            while (!await condition(deadline.Token))
            {
                if (!IsRunning)
                {
                    throw new InvalidOperationException(
                        $"'{Name}' ended with exit code {ExitCode} before it was {what}. It wrote:\n{Output}");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, deadline.Token);
            }
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            throw new TimeoutException($"'{Name}' was not {what} within {within.TotalSeconds} s. It wrote:\n{Output}", error);
        }
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_linesGate)
        {
            _lines.Enqueue(line);
            if (_lines.Count > KeptLines)
            {
                _lines.Dequeue();
            }
        }
    }
}
