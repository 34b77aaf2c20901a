using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;
using Gateway.Failover;
using Gateway.Observability.History;

namespace Gateway.Notifications.Drills;

/// <summary>What a run does next.</summary>
internal enum DrillMove
{
    /// <summary>Nothing.</summary>
    Wait,

    /// <summary>Give back what was taken away.</summary>
    GiveBack,

    /// <summary>It is over.</summary>
    End,
}

/// <summary>
/// One run of a drill: something is lost, comes back, and all is as before. Pure but for its own fields; the loop that owns it does what
/// it says.
/// </summary>
/// <param name="drill">The drill.</param>
/// <param name="window">Its window.</param>
/// <param name="lost">The tier that is left, or the destination that is drained.</param>
/// <param name="servedBy">The tier that serves meanwhile.</param>
/// <param name="from">The cluster's requests before it.</param>
/// <param name="began">The time.</param>
internal sealed class DrillRun(
    ScheduledDrillConfig drill, DrillWindow window, string lost, string servedBy, RequestCount from, DateTimeOffset began)
{
    /// <summary>Fewer requests prove nothing.</summary>
    public const int FewestRequests = 20;

    // The command is carried out at once; views are up to 200 ms old.
    private static readonly TimeSpan Carried = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Settles = TimeSpan.FromSeconds(10);

    private DateTimeOffset? _returningSince;
    private DateTimeOffset? _backSince;
    private DateTimeOffset _gaveBackAt;
    private DrillResult _result = DrillResult.Running;
    private string _why = "";

    /// <summary>The drill.</summary>
    public ScheduledDrillConfig Drill => drill;

    /// <summary>Its window.</summary>
    public DrillWindow Window => window;

    /// <summary>The tier that is left, or the destination that is drained.</summary>
    public string Lost => lost;

    /// <summary>The tier that serves meanwhile.</summary>
    public string ServedBy => servedBy;

    /// <summary>What was taken away is to come back.</summary>
    public bool IsReturning => _returningSince is not null;

    /// <summary>It was stopped because of what serves meanwhile: no user is left there for a ramp.</summary>
    public bool IsHarmful => _result == DrillResult.Failed;

    /// <summary>How long what it takes away stays away if the gateway dies meanwhile.</summary>
    public TimeSpan Lasts => drill.For + TimeSpan.FromSeconds(30);

    /// <summary>It is kept as this; <see cref="End"/> completes it.</summary>
    public ScheduledDrill Record { get; set; } = new(began, drill.Cluster, drill.Name, window.Begin)
    {
        Lost = lost,
        Text = "It runs.",
    };

    /// <summary>Ends it early; later reasons do not count.</summary>
    public void Stop(DrillResult result, string why, DateTimeOffset now)
    {
        if (_result == DrillResult.Running)
        {
            (_result, _why) = (result, why);
        }

        _returningSince ??= now;
    }

    /// <summary>Looks at the cluster; null: it left the configuration.</summary>
    public DrillMove Step(ClusterView? cluster, RequestCount now, double slo, DateTimeOffset at)
    {
        var since = now - from;
        if (_returningSince is null)
        {
            Judge(cluster, since, at);
            return _returningSince is null ? DrillMove.Wait : GiveBack(at);
        }

        _backSince = IsBack(cluster) ? _backSince ?? at : null;
        var isOver = at - _backSince >= Settles || at - _returningSince >= LongestReturn(cluster);
        if (!isOver)
        {
            // The command may have been lost.
            return cluster is not null && IsLost(cluster) && at - _gaveBackAt >= Carried ? GiveBack(at) : DrillMove.Wait;
        }

        Finish(since, slo, at);
        return DrillMove.End;
    }

    /// <summary>Ends it at once, as the gateway's stop does.</summary>
    public void End(RequestCount now, double slo, DateTimeOffset at) => Finish(now - from, slo, at);

    private DrillMove GiveBack(DateTimeOffset at)
    {
        _gaveBackAt = at;
        return DrillMove.GiveBack;
    }

    private static TimeSpan LongestReturn(ClusterView? cluster) =>
        TimeSpan.FromMinutes(2) + (cluster is null ? TimeSpan.Zero : cluster.Ramp * 2);

    private void Judge(ClusterView? cluster, RequestCount since, DateTimeOffset at)
    {
        if (cluster is null)
        {
            Stop(DrillResult.Interrupted, "the cluster left the configuration", at);
        }
        else if (DrillDecision.IsHarmful(drill, since))
        {
            Stop(DrillResult.Failed, since.Text, at);
        }
        else if (DrillWords.DrainedByAnother(cluster) is { } drained)
        {
            Stop(DrillResult.Interrupted, $"an operator drained {drained}", at);
        }
        else if (at - began >= Carried && !IsLost(cluster))
        {
            Stop(DrillResult.Interrupted, drill.Lose == DrillLoss.Tier ? "the hold was ended" : "the drain was ended", at);
        }
        else if (at - began >= Carried && !string.Equals(cluster.Active, servedBy, StringComparison.Ordinal))
        {
            Stop(DrillResult.Failed, $"{servedBy} could not serve", at);
        }
        else if (cluster.Tiers.FirstOrDefault(tier => string.Equals(tier.Name, servedBy, StringComparison.Ordinal)) is { Degraded: true })
        {
            Stop(DrillResult.Failed, $"{servedBy} lost a destination", at);
        }
        else if (at - began >= drill.For)
        {
            _returningSince = at;
        }
    }

    private bool IsBack(ClusterView? cluster) => cluster is null || (!IsLost(cluster) && (drill.Lose == DrillLoss.Tier
        ? cluster.RampFrom is null && string.Equals(cluster.Active, lost, StringComparison.Ordinal)
        : cluster.Tiers.Any(tier => tier.Destinations.Any(d =>
            string.Equals(d.Name, lost, StringComparison.Ordinal) && d is { Draining: false, Lost: false }))));

    // What it took away is still away, and by its own order.
    private bool IsLost(ClusterView cluster) => drill.Lose == DrillLoss.Tier
        ? cluster.Hold is { By: { } holder } && string.Equals(holder, DrillWords.ByOf(drill.Name), StringComparison.Ordinal)
        : cluster.Tiers.Any(tier => tier.Destinations.Any(d => string.Equals(d.Name, lost, StringComparison.Ordinal)
            && d is { Draining: true, Drain.By: { } drainer }
            && string.Equals(drainer, DrillWords.ByOf(drill.Name), StringComparison.Ordinal)));

    private void Finish(RequestCount since, double slo, DateTimeOffset at)
    {
        var users = since.Text;
        (_result, var text) = _result switch
        {
            DrillResult.Failed => (_result, $"Stopped, because {_why}."),
            DrillResult.Interrupted => (_result, $"The reason: {_why}; {users}."),
            _ when _backSince is null => (DrillResult.Failed, $"{lost} did not come back within the time that it may take; {users}."),
            _ when !since.Meets(slo) => (DrillResult.Failed, $"{users}, more than it allows."),
            _ when since.Requests < FewestRequests => (
                DrillResult.Unproven,
                string.Create(
                    CultureInfo.InvariantCulture, $"Only {since.Requests:N0} requests came during it, which prove nothing; {users}.")),
            _ => (DrillResult.Passed, $"{servedBy} served without {lost} for {DurationText.Format(drill.For)}; {users}."),
        };
        Record = Record with
        {
            Result = _result,
            Text = text,
            Until = at,
            Requests = since.Requests,
            Bad = since.Bad,
        };
    }
}
