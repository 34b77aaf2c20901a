using Gateway.Forwarding.Requests;
using Gateway.Observability;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.Attempts;

/// <summary>How an attempt ended.</summary>
/// <param name="Result">The word for it.</param>
/// <param name="Status">Of its response; 0: there is none.</param>
internal readonly record struct AttemptOutcome(AttemptResult Result, int Status)
{
    /// <summary>What was thrown; null: it has a response.</summary>
    public Exception? Failure { get; private init; }

    /// <summary>The failure came before the head of a response.</summary>
    public bool IsBeforeHead { get; private init; }

    /// <summary>It is certain that the destination never saw the request.</summary>
    public bool NeverSent { get; private init; }

    /// <summary>The body had not been sent whole.</summary>
    public bool IsPartlySent { get; private init; }

    /// <summary>
    /// A kept connection was closed before anything came back: no failure of the destination, which may be asked once more.
    /// </summary>
    public bool WasStale { get; private init; }

    /// <summary>It ended because the client did not send the rest of its body.</summary>
    public bool ClientWasSilent { get; private init; }

    /// <summary>What an operator would look into first.</summary>
    public TerminationCause Cause => AttemptFailure.CauseOf(Result, Failure, Status, !IsBeforeHead);

    /// <summary>How an attempt ended that has no response.</summary>
    /// <param name="request">What it sent.</param>
    /// <param name="failure">What it threw.</param>
    /// <param name="headReceived">The head of a response was there.</param>
    /// <param name="isOutOfTime">It was ended because it was out of time.</param>
    /// <param name="awaitedClient">It waited for the client to send more.</param>
    /// <param name="isCancelled">It was ended by the gateway.</param>
    public static AttemptOutcome Of(
        AttemptRequest request, Exception failure, bool headReceived, bool isOutOfTime, bool awaitedClient, bool isCancelled)
    {
        var hasClientFailed = request.Content?.ClientFailure is not null;
        var isClients = hasClientFailed || (isOutOfTime && awaitedClient);
        var result = isOutOfTime && !isClients
            ? AttemptResult.Timeout
            : AttemptFailure.Classify(failure, isCancelled || isClients, headReceived);
        return new AttemptOutcome(result, Status: 0)
        {
            Failure = failure,
            IsBeforeHead = !headReceived,
            NeverSent = !headReceived && (result is AttemptResult.Connect or AttemptResult.Local || request.IsUnsent(failure)),
            IsPartlySent = request.IsPartlySent,
            WasStale = request.WasStale,
            ClientWasSilent = isClients && !hasClientFailed,
        };
    }
}
