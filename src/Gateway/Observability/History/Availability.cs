namespace Gateway.Observability.History;

/// <summary>How available a cluster was in one window. A value is null while nothing was measured that it could rest on.</summary>
internal sealed record Availability
{
    /// <summary>The window, such as <c>24h</c>.</summary>
    public required string Window { get; init; }

    /// <summary>Requests by outcome.</summary>
    public required RequestSums Requests { get; init; }

    /// <summary>Share of requests that a tier answered: live / (live + degraded + failed).</summary>
    public double? ByRequests { get; init; }

    /// <summary>Share of requests that got a response of use: (live + degraded) / (live + degraded + failed).</summary>
    public double? Answered { get; init; }

    /// <summary>
    /// What <see cref="Answered"/> would have been without what saved requests: (live + degraded - saved) / (live + degraded + failed).
    /// </summary>
    public double? WithoutGateway { get; init; }

    /// <summary>Uptime / (uptime + downtime); down is when no tier could serve.</summary>
    public double? ByTime { get; init; }

    /// <summary>Enough of the window was observed for a budget and a forecast, see <see cref="NeededFor"/>.</summary>
    public bool IsEnough { get; init; }

    /// <summary>Time observed.</summary>
    public TimeSpan Observed { get; init; }

    /// <summary>Time in which no tier could serve.</summary>
    public TimeSpan Downtime { get; init; }

    /// <summary>Times that no tier could serve any more.</summary>
    public long Failures { get; init; }

    /// <summary>Mean time between failures: uptime / failures.</summary>
    public TimeSpan? BetweenFailures { get; init; }

    /// <summary>Mean time to repair: downtime / failures.</summary>
    public TimeSpan? ToRepair { get; init; }

    /// <summary>Failures an hour of uptime.</summary>
    public double? FailureRate { get; init; }

    /// <summary>Number of nines of <see cref="ByRequests"/>: -log10(1 - a); null while nothing failed.</summary>
    public double? Nines { get; init; }

    /// <summary>The target, 0 to 1.</summary>
    public required double Slo { get; init; }

    /// <summary>Share of the error budget that is left: 1 - bad / judged / (1 - slo); below 0: overspent.</summary>
    public double? BudgetLeft { get; init; }

    /// <summary>From the ledger's sums.</summary>
    /// <param name="window">What the window is called.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="ledger">The sums.</param>
    /// <param name="slo">The target, 0 to 1.</param>
    public static Availability Of(string window, TimeSpan length, LedgerWindow ledger, double slo)
    {
        var requests = ledger.Requests;
        var time = ledger.Times.GetValueOrDefault("");
        var up = TimeSpan.FromMilliseconds(time.Up);
        var down = TimeSpan.FromMilliseconds(time.Down);
        var isEnough = up + down >= NeededFor(length);
        double? byRequests = requests.Judged > 0 ? (double)requests.Live / requests.Judged : null;
        return new()
        {
            Window = window,
            Requests = requests,
            Slo = slo,
            ByRequests = byRequests,
            Answered = requests.Judged > 0 ? (double)(requests.Live + requests.Degraded) / requests.Judged : null,
            ByTime = time.Up + time.Down > 0 ? (double)time.Up / (time.Up + time.Down) : null,
            Observed = up + down,
            Downtime = down,
            Failures = time.Failures,
            BetweenFailures = time.Failures > 0 ? up / time.Failures : null,
            ToRepair = time.Failures > 0 ? down / time.Failures : null,
            FailureRate = time.Failures > 0 && up > TimeSpan.Zero ? time.Failures / up.TotalHours : null,
            Nines = NinesOf(byRequests),
            IsEnough = isEnough,
            BudgetLeft = isEnough && requests.Judged > 0 && slo < 1 ? 1 - ((double)requests.Bad / requests.Judged / (1 - slo)) : null,
            WithoutGateway = requests.Judged > 0
                ? Math.Max(0, (double)(requests.Live + requests.Degraded - requests.Saved.Total) / requests.Judged)
                : null,
        };
    }

    /// <summary>
    /// How much of a window has to be observed before a budget or a forecast says anything: a twentieth of it, from 15 minutes to a day.
    /// Five minutes after the first start one failed request would spend a month's
    /// budget.
    /// </summary>
    public static TimeSpan NeededFor(TimeSpan window) =>
        TimeSpan.FromTicks(Math.Clamp(window.Ticks / 20, TimeSpan.TicksPerMinute * 15, TimeSpan.TicksPerDay));

    /// <summary>-log10(1 - a); null for none or for exactly 1, which no number of nines says.</summary>
    public static double? NinesOf(double? availability) => availability is { } a && a < 1 ? -Math.Log10(1 - Math.Max(a, 0)) : null;
}
