using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;

namespace Gateway.Drills.Load;

/// <summary>
/// One run of load in an open model: requests are sent when they are due, whatever became of those before. A thread
/// of its own paces them; the exchanges themselves are asynchronous. Each request writes its own ledger entry.
/// </summary>
internal sealed class LoadRun
{
    private static readonly long SweepEvery = Stopwatch.Frequency / 20;
    private readonly LoadPlan _plan;
    private readonly LedgerEntry[] _entries;
    private readonly SourceNames _sources = new();
    private readonly ConcurrentStack<HttpConnection> _idle = new();
    private readonly ConcurrentDictionary<HttpConnection, byte> _busy = new();
    private readonly int[] _counts = new int[Outcomes.Count];
    private readonly TaskCompletionSource<Ledger> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopped;
    private int _inFlight;
    private int _dispatched;

    private LoadRun(LoadPlan plan)
    {
        _plan = plan;
        _entries = new LedgerEntry[plan.Rate.Count];
        Started = Stopwatch.GetTimestamp();
    }

    /// <summary>The run's begin, as a <see cref="Stopwatch"/> timestamp.</summary>
    public long Started { get; }

    /// <summary>How long it runs already.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(Started);

    /// <summary>The ledger, once every request has been sent and has ended.</summary>
    public Task<Ledger> Completion => _completion.Task;

    /// <summary>Requests in flight now.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Starts a run.</summary>
    public static LoadRun Start(LoadPlan plan)
    {
        if (plan.Scenarios.Count is 0 or > byte.MaxValue || plan.Scenarios.Sum(scenario => scenario.Weight) <= 0)
        {
            throw new ArgumentException("A plan needs 1 to 255 scenarios, at least one with a weight above 0.", nameof(plan));
        }

        var run = new LoadRun(plan);
        new Thread(run.Dispatch) { IsBackground = true, Name = "load dispatcher", Priority = ThreadPriority.AboveNormal }.Start();
        return run;
    }

    /// <summary>Runs a plan to its end.</summary>
    public static Task<Ledger> RunAsync(LoadPlan plan) => Start(plan).Completion;

    /// <summary>How many have ended as this so far.</summary>
    public int Count(Outcome outcome) => Volatile.Read(ref _counts[(int)outcome]);

    /// <summary>Sends no more; those in flight are waited for.</summary>
    public void Stop() => _stopped = true;

    /// <summary>Waits until so much of the run has passed.</summary>
    public Task UntilAsync(TimeSpan elapsed, CancellationToken cancel = default)
    {
        var left = elapsed - Elapsed;
        return left > TimeSpan.Zero ? Task.Delay(left, TimeProvider.System, cancel) : Task.CompletedTask;
    }

    private void Dispatch()
    {
        try
        {
            var deck = new ScenarioDeck(_plan.Scenarios, _plan.Seed);
            var random = new Random(_plan.Seed);
            var nextSweep = Started + SweepEvery;
            for (var number = 0; number < _entries.Length && !_stopped; number++)
            {
                // 1. Wait for the due time, looking after deadlines meanwhile.
                var due = Started + ToTicks(_plan.Rate.Due(number));
                while (nextSweep < due)
                {
                    PreciseTimer.WaitUntil(nextSweep);
                    Sweep();
                    nextSweep += SweepEvery;
                }

                PreciseTimer.WaitUntil(due);
                while (_plan.Waits && InFlight >= _plan.MaxInFlight && !_stopped)
                {
                    PreciseTimer.WaitUntil(Stopwatch.GetTimestamp() + (SweepEvery / 50));
                    Sweep();
                }

                // 2. Send: this thread goes as far as the first real wait, usually past the write.
                ref var entry = ref _entries[number];
                (entry.Due, entry.Scenario) = (due, deck.Next());
                _dispatched = number + 1;
                if (_inFlight >= _plan.MaxInFlight)
                {
                    Finish(number, Outcome.Unsent);
                    continue;
                }

                Interlocked.Increment(ref _inFlight);
                _ = ExchangeAsync(number, due, _plan.Vanishing > 0 && random.NextDouble() < _plan.Vanishing);
            }

            // 3. Wait for the rest; the sweeper ends whatever has no end.
            while (InFlight > 0)
            {
                PreciseTimer.WaitUntil(Stopwatch.GetTimestamp() + (SweepEvery / 10));
                Sweep();
            }

            Complete();
        }
        catch (Exception error)
        {
            // A fault of the generator itself: the caller that awaits the run gets it.
            _completion.TrySetException(error);
        }
    }

    private async Task ExchangeAsync(int number, long due, bool vanishes)
    {
        var scenario = _plan.Scenarios[_entries[number].Scenario];
        HttpConnection? connection = null;
        var outcome = Outcome.Pending;
        try
        {
            // 1. A connection: the one used last, else a new one.
            var reused = TryTakeIdle(out connection);
            connection ??= new(_sources);
            connection.Deadline = due + ToTicks(_plan.Deadline);
            _busy[connection] = 0;
            if (!reused)
            {
                await connection.ConnectAsync(_plan.Target.EndPoint);
            }

            // 2. The request.
            var length = scenario.Write(connection.Request, _plan.Target.Host.Span, number, out var key);
            _entries[number].Key = key;
            _entries[number].Sent = Stopwatch.GetTimestamp();
            await connection.SendAsync(length);
            if (vanishes)
            {
                connection.Vanish();
                outcome = Outcome.Vanished;
                return;
            }

            // 3. The response.
            var response = await connection.ReceiveAsync();
            outcome = scenario.Judge(response, key);
            ref var entry = ref _entries[number];
            (entry.Status, entry.Source, entry.Bytes) = (response.Status, response.Source, response.Body.Length);
            connection.Deadline = long.MaxValue;
            _busy.TryRemove(connection, out _);
            if (!response.Closes && !connection.TimedOut)
            {
                _idle.Push(connection);
                connection = null;
            }
        }
        catch (Exception error)
        {
            outcome = Classify(error, connection);
        }
        finally
        {
            if (connection is not null)
            {
                _busy.TryRemove(connection, out _);
                connection.Dispose();
            }

            Finish(number, outcome);
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private static Outcome Classify(Exception error, HttpConnection? connection) => error switch
    {
        _ when connection is { TimedOut: true } => Outcome.Timeout,
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => Outcome.Refused,
        TruncatedResponseException => Outcome.Truncated,
        MalformedResponseException => Outcome.Malformed,
        SocketException when connection is { ResponseBegan: true } => Outcome.Truncated,
        SocketException or NoResponseException => Outcome.Reset,

        // Not the target's doing: the ledger shows it as never sent, which no drill accepts.
        _ => Outcome.Unsent,
    };

    private bool TryTakeIdle([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out HttpConnection? connection)
    {
        while (_idle.TryPop(out connection))
        {
            if (!connection.IsStale)
            {
                return true;
            }

            connection.Dispose();
        }

        return false;
    }

    private void Finish(int number, Outcome outcome)
    {
        ref var entry = ref _entries[number];
        entry.End = Stopwatch.GetTimestamp();
        entry.Outcome = outcome;
        Interlocked.Increment(ref _counts[(int)outcome]);
    }

    private void Sweep()
    {
        var now = Stopwatch.GetTimestamp();
        foreach (var (connection, _) in _busy)
        {
            if (connection.Deadline < now && !connection.TimedOut)
            {
                connection.GiveUp();
            }
        }
    }

    private void Complete()
    {
        while (_idle.TryPop(out var connection))
        {
            connection.Dispose();
        }

        _completion.SetResult(new(
            Started,
            [.. _plan.Scenarios.Select(scenario => scenario.Name)],
            _sources.All,
            _entries.AsMemory(0, _dispatched)));
    }

    private static long ToTicks(TimeSpan span) => (long)(span.TotalSeconds * Stopwatch.Frequency);
}
