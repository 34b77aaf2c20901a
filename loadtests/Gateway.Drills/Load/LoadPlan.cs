namespace Gateway.Drills.Load;

/// <summary>What a run sends, how fast and how long. Bounded in time by the profile and in count by the profile's count.</summary>
internal sealed record LoadPlan
{
    /// <summary>Where to.</summary>
    public required LoadTarget Target { get; init; }

    /// <summary>When requests are due.</summary>
    public required RateProfile Rate { get; init; }

    /// <summary>What is sent, drawn by weight.</summary>
    public required IReadOnlyList<Scenario> Scenarios { get; init; }

    /// <summary>From the due time to the whole response; later is a failure. Default: 30 s.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests in flight at most; more are due than this: the rest counts as unsent. Default: 4,000.</summary>
    public int MaxInFlight { get; init; } = 4_000;

    /// <summary>
    /// True: at that bound the generator waits instead, so that every request is sent, however long it takes. Such a run says nothing
    /// of latencies. Default: false.
    /// </summary>
    public bool Waits { get; init; }

    /// <summary>Fixes which scenario each request gets. Default: 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The share of clients that go away without waiting for their response. Default: 0.</summary>
    public double Vanishing { get; init; }
}
