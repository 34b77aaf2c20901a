using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;
using Gateway.Failover;
using Gateway.Forwarding.Mirroring;
using Gateway.Observability.History;

namespace Gateway.Notifications;

/// <summary>What a webhook or a program is told.</summary>
/// <param name="Event">What happened.</param>
/// <param name="At">When.</param>
/// <param name="Text">A sentence for people; chat services show it.</param>
/// <param name="Evidence">What it rests on, as in the journal.</param>
internal sealed record Notification(NotifyEvent Event, DateTimeOffset At, string Text, string Evidence)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The cluster; null: the whole gateway.</summary>
    public string? Cluster { get; init; }

    /// <summary>The tier that served before; null: none could, or it is no switch.</summary>
    public string? From { get; init; }

    /// <summary>The tier that serves now; null: none can, or it is no switch.</summary>
    public string? To { get; init; }

    /// <summary>The tier it is about, for changes of health; null: the whole cluster.</summary>
    public string? Tier { get; init; }

    /// <summary>The destination it is about, for changes of health; null: none.</summary>
    public string? Destination { get; init; }

    /// <summary>The route it is about, for differences that mirrored reads show; null: none.</summary>
    public string? Route { get; init; }

    /// <summary>In what the tier differs there: <c>status</c>, <c>type</c>, <c>shape</c>, <c>size</c> or <c>latency</c>.</summary>
    public string? Difference { get; init; }

    /// <summary>The scheduled drill it is about; null: none.</summary>
    public string? Drill { get; init; }

    /// <summary>
    /// How that ended: <c>passed</c>, <c>failed</c>, <c>unproven</c>, <c>interrupted</c>, <c>skipped</c>; null: it begins.
    /// </summary>
    public string? Result { get; init; }

    /// <summary>The machine that tells it.</summary>
    public string Gateway { get; init; } = Environment.MachineName;

    /// <summary>The event's name in configuration and JSON.</summary>
    [JsonIgnore]
    public string EventName => JsonNamingPolicy.CamelCase.ConvertName(Event.ToString());

    /// <summary>A transition that somebody may want to be told of; null: an operator or a new configuration made it.</summary>
    public static Notification? Of(Transition transition)
    {
        var (what, text) = transition.Reason switch
        {
            TransitionReason.Failover or TransitionReason.Relapse =>
                (NotifyEvent.Failover, $"{transition.Cluster}: {transition.To} serves instead of {transition.From}."),
            TransitionReason.Failback => (NotifyEvent.Failback, $"{transition.Cluster}: {transition.To} serves again."),
            TransitionReason.Exhausted =>
                (NotifyEvent.Exhausted, $"{transition.Cluster}: no tier can serve; users get the fallback chain."),
            TransitionReason.Recovered => (NotifyEvent.Recovered, $"{transition.Cluster}: {transition.To} serves after no tier could."),
            _ => (default, null),
        };
        return text is null ? null : new Notification(what, transition.At, text, transition.Evidence)
        {
            Cluster = transition.Cluster,
            From = transition.From,
            To = transition.To,
        };
    }

    /// <summary>A change of health that somebody may want to be told of; null: it is in the journal alone.</summary>
    public static Notification? Of(HealthChange change)
    {
        NotifyEvent? what = change.Kind switch
        {
            HealthChangeKind.DestinationDown => NotifyEvent.DestinationDown,
            HealthChangeKind.DestinationUp => NotifyEvent.DestinationUp,
            HealthChangeKind.Degraded => NotifyEvent.Degraded,
            HealthChangeKind.RedundancyLost => NotifyEvent.RedundancyLost,
            _ => null,
        };
        return what is { } known
            ? new Notification(known, change.At, $"{change.Cluster}: {change.Text}.", change.Evidence)
            {
                Cluster = change.Cluster,
                Tier = change.Tier,
                Destination = change.Destination
            }
            : null;
    }

    /// <summary>An alarm of a forecast; null: it is over, or the cluster only observes.</summary>
    public static Notification? Of(ForecastChange change) =>
        change is not { IsTold: true, Outcome: null }
            ? null
            : new Notification(NotifyEvent.Forecast, change.At, $"{change.Cluster}: {change.Text}.", change.Reason)
            {
                Cluster = change.Cluster,
                Tier = change.Tier,
                Destination = change.Destination,
            };

    /// <summary>Mirrored reads show that another tier responds otherwise than the first one; null: that is over.</summary>
    public static Notification? Of(MirrorChange change) =>
        change.IsOver
            ? null
            : new Notification(
                NotifyEvent.StandbyDiffers, change.At, $"{change.Cluster}: {change.Text}.", "mirrored reads")
            {
                Cluster = change.Cluster,
                Tier = change.Tier,
                Route = change.Route,
                Difference = MirrorDifferenceKinds.NameOf(change.Kind),
            };

    /// <summary>A runbook has failed, or one tells how far it has come.</summary>
    public static Notification OfRunbook(
        string cluster, string tier, string destination, string text, string evidence, DateTimeOffset at) =>
        new(NotifyEvent.Runbook, at, $"{cluster}: {text}.", evidence) { Cluster = cluster, Tier = tier, Destination = destination };

    /// <summary>A changed configuration was refused.</summary>
    public static Notification Of(RejectedConfig rejected) => new(
        NotifyEvent.ConfigRejected, rejected.At, $"{rejected.Headline}; the one before stays in force.",
        rejected.ToSentence());

    /// <summary>A drill: a hold whose reason begins with "drill".</summary>
    public static Notification DrillBegan(HoldCommand hold, DateTimeOffset at) => new(
        NotifyEvent.Drill, at, $"{hold.Cluster}: a drill begins, {hold.Tier} is held.", hold.Reason)
    { Cluster = hold.Cluster, To = hold.Tier };

    /// <summary>A drill was released.</summary>
    public static Notification DrillEnded(string cluster, DateTimeOffset at) => new(
        NotifyEvent.Drill, at, $"{cluster}: the drill is over.", "released by an operator")
    { Cluster = cluster };

    /// <summary>A scheduled drill begins, or is over.</summary>
    public static Notification Of(ScheduledDrill drill, string text, DateTimeOffset at) =>
        new(NotifyEvent.Drill, at, $"{drill.Cluster}: {text}", drill.Text)
        {
            Cluster = drill.Cluster,
            Drill = drill.Name,
            Result = drill.Result == DrillResult.Running ? null : JsonNamingPolicy.CamelCase.ConvertName(drill.Result.ToString()),
        };

    /// <summary>What makes it the same for every gateway that sees it.</summary>
    [JsonIgnore]
    public string Identity => string.Join('\n', EventName, Cluster, From, To, Tier, Destination, Route, Difference, Drill, Result);

    /// <summary>The body of a webhook and the input of a program.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);
}
