using Gateway.Forwarding.EventStreams;
using Gateway.Forwarding.Requests;
using Gateway.Health.Model;
using Gateway.Observability;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.Attempts;

/// <summary>
/// Makes the attempts of one request: chooses where each goes, asks the retry budget for it, and starts it. A struct, so that it costs no
/// object: it belongs to one request.
/// </summary>
/// <param name="plan">The route's plan.</param>
/// <param name="context">The request.</param>
/// <param name="target">What it asks for.</param>
/// <param name="body">Its body; null: there is none.</param>
/// <param name="choice">Where its attempts go.</param>
internal struct AttemptSource(CompiledRoute plan, HttpContext context, string target, RequestBody? body, DestinationChoice choice)
{
    private bool _skipped;

    /// <summary>A stream goes on here that was cut elsewhere: the response's body is handed over untouched.</summary>
    public bool Reopens { get; set; }

    /// <summary>Asks for the events after this one; null: for all.</summary>
    public string? LastEventId { get; set; }

    /// <summary>The first attempt is this destination's half-open probe.</summary>
    public HalfOpenPermit? HalfOpen { get; set; }

    /// <summary>What is known of the request; its attempts are added.</summary>
    public RequestRecord? Record { get; set; }

    /// <summary>This destination is not chosen as long as there is another.</summary>
    public readonly void Avoid(Destination destination) => choice.Avoid(destination);

    /// <summary>Starts the next attempt; false: it has nowhere to go, or the budget is used up.</summary>
    /// <param name="race">Where it joins.</param>
    /// <param name="purpose">Why it is made.</param>
    /// <param name="now">When it begins.</param>
    /// <param name="whenDone">Raised when it has ended.</param>
    public bool TryStart(ref AttemptRace race, AttemptPurpose purpose, long now, AsyncAutoResetEvent whenDone)
    {
        var isFirst = purpose == AttemptPurpose.First;
        if (!isFirst)
        {
            choice.LookAgain();
        }

        var probe = isFirst ? HalfOpen : null;

        // Where all that a request waits for has been ejected, a hedge is what saves it, as a retry would.
        var goesAs = purpose == AttemptPurpose.Hedge && race.WaitsInVain ? AttemptPurpose.Repeat : purpose;
        var (destination, tier) = probe is { } permit ? (permit.Destination, permit.Tier) : choice.Next(goesAs, race.IsNextLast);
        if (destination is null)
        {
            Skip(SkipReason.NoDestination);
            return false;
        }

        // Only an attempt that has somewhere to go is paid for.
        if (!isFirst && !MayStartAnother(race.WaitsInVain || (purpose == AttemptPurpose.Repeat && race.Failed.NeverConnected)))
        {
            return false;
        }

        var peer = plan.EndpointOf(destination);
        var request = AttemptRequest.To(plan, peer, context, target, body, LastEventId);
        var attempt = new Attempt(plan, peer, tier!, request, probe is null ? purpose : AttemptPurpose.FirstAsHalfOpenProbe, raw: Reopens)
        {
            IsOnly = race.Policy.IsSingleAttempt,
            IsWrite = race.Policy.IsWrite,
            Target = target,
            Record = Record,
            Counts = isFirst && probe is null && !Reopens ? choice.CountsOf(tier!) : null,
        };
        Record?.Add(attempt);
        choice.Avoid(destination);
        if (probe is null)
        {
            choice.Note(destination);
        }

        race.Start(attempt, now, whenDone);
        return true;
    }

    /// <summary>What lets the event stream of this request go on elsewhere.</summary>
    public readonly StreamReopening CreateReopening() => new(plan, context, target, body, choice.FirstTier, Record);

    /// <summary>The budget lets another attempt start.</summary>
    /// <param name="isFree">It adds nothing to what destinations have to do.</param>
    private bool MayStartAnother(bool isFree)
    {
        // A stream that goes on takes the place of one that is gone: nothing grows, and all that one dead destination carried must find
        // another at once. Nor does it grow when everything that this request waits for has been ejected: those attempts are as good as
        // over. Nor when no attempt before this one found a connection: a destination that refuses is the fastest of all, and gets most
        // requests until it is ejected.
        if (Reopens || isFree || plan.Traffic.Budget.TryWithdraw())
        {
            return true;
        }

        Skip(SkipReason.Budget);
        return false;
    }

    /// <summary>Counts a further attempt that was not made, once a request however often it asks.</summary>
    private void Skip(SkipReason reason)
    {
        if (!_skipped)
        {
            _skipped = true;
            plan.Traffic.Meter.Skipped(reason);
        }
    }
}
