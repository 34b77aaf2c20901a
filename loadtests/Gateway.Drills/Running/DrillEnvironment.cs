using System.Collections.Concurrent;
using System.Diagnostics;
using Gateway.Drills.Load;
using Gateway.Drills.Plans;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Running;

/// <summary>One thing that a timeline did, on the drill's clock.</summary>
/// <param name="At">When it began.</param>
/// <param name="Done">When it was done.</param>
/// <param name="Label">What.</param>
/// <param name="Effect">What it meant.</param>
/// <param name="Works">For a recovery: when the first of what recovers answered again, which is what a way back counts from.</param>
internal sealed record TimelineEvent(long At, long Done, string Label, Effect Effect, long Works);

/// <summary>What a drill plays on: an own installation, another proxy before own guides, or a gateway that runs already.</summary>
internal sealed class DrillEnvironment : IAsyncDisposable
{
    private readonly ConcurrentQueue<TimelineEvent> _events = new();
    private readonly ConcurrentQueue<Ledger> _bursts = new();
    private readonly TestBed? _bed;
    private readonly IAsyncDisposable? _peer;

    private DrillEnvironment(TestBed? bed, IAsyncDisposable? peer, string url, string? adminUrl, EnvironmentPlan environment)
    {
        (_bed, _peer, Url, AdminUrl, Token) = (bed, peer, url, adminUrl, environment.Token);
        Target = LoadTarget.Parse(url, environment.AllowTarget);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["GATEWAY_URL"] = url,
            ["GATEWAY_ADMIN_URL"] = adminUrl
            ?? string.Empty
        };
        Variables = variables;
    }

    /// <summary>The users' address.</summary>
    public string Url { get; }

    /// <summary>The operators' address; null: there is none.</summary>
    public string? AdminUrl { get; }

    /// <summary>The token for it.</summary>
    public string? Token { get; }

    /// <summary>Where load goes.</summary>
    public LoadTarget Target { get; }

    /// <summary>What commands of a drill find in their environment.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; }

    /// <summary>The prefix of the ids of a burst's orders.</summary>
    public string BurstPrefix { get; } = $"burst{Random.Shared.Next():x}";

    /// <summary>The own guides and gateway.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public TestBed OwnBed => _bed ?? throw new InvalidOperationException("This drill did not start guides of its own.");

    /// <summary>Whether the guides are the drill's own.</summary>
    public bool HasOwnGuides => _bed is not null;

    /// <summary>What happened so far, in order of its end.</summary>
    public IReadOnlyList<TimelineEvent> Happenings => [.. _events.OrderBy(happening => happening.At)];

    /// <summary>What came of the bursts beside the drill's own load.</summary>
    public IReadOnlyList<Ledger> Bursts => [.. _bursts];

    /// <summary>Starts what the plan needs.</summary>
    /// <param name="peer">Starts another proxy before the guides of a bed and gives its URL; null: the gateway.</param>
    public static async Task<DrillEnvironment> OpenAsync(
        EnvironmentPlan environment,
        Func<TestBed, Task<(IAsyncDisposable Process, string Url)>>? peer,
        CancellationToken cancel)
    {
        if (environment.Url is { } running)
        {
            return new(null, null, running, environment.AdminUrl, environment);
        }

        var bed = await TestBed.StartAsync(environment.Bed with { StartGateway = peer is null }, cancel);
        try
        {
            if (peer is null)
            {
                return new(bed, null, bed.Gateway.Url, bed.Gateway.AdminUrl, environment);
            }

            var (process, url) = await peer(bed);
            return new(bed, process, url, null, environment);
        }
        catch
        {
            await bed.DisposeAsync();
            throw;
        }
    }

    /// <summary>Notes what came of a burst.</summary>
    public void Note(Ledger burst) => _bursts.Enqueue(burst);

    /// <summary>Notes a moment.</summary>
    public void Mark(string label)
    {
        var now = Stopwatch.GetTimestamp();
        _events.Enqueue(new(now, now, label, Effect.None, now));
    }

    /// <summary>Does a step and notes when.</summary>
    public async Task DoAsync(Step step, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        await step.DoAsync(this, cancel);
        var done = Stopwatch.GetTimestamp();
        var started = _bed?.Guides.Select(guide => guide.AnsweringSince).Where(since => since > begun).DefaultIfEmpty(done).Min() ?? done;
        _events.Enqueue(new(begun, done, step.Label, step.Effect, step.Effect == Effect.Recovers ? started : done));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_peer is not null)
        {
            await _peer.DisposeAsync();
        }

        if (_bed is not null)
        {
            await _bed.DisposeAsync();
        }
    }
}
