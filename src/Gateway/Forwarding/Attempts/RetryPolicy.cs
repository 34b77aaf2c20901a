using Gateway.Configuration.Model;
using Gateway.Forwarding.Conversations;
using Gateway.Forwarding.Requests;
using Gateway.LastGood;
using Gateway.LastGood.Policy;

namespace Gateway.Forwarding.Attempts;

/// <summary>How one request may be tried again, by its route, its method and its body. Fixed when the request begins.</summary>
internal readonly struct RetryPolicy
{
    /// <param name="plan">The route's plan.</param>
    /// <param name="request">The request.</param>
    /// <param name="body">Its body; null: there is none.</param>
    /// <param name="mayRepeat">The route lets requests like this one be repeated.</param>
    public RetryPolicy(CompiledRoute plan, HttpRequest request, RequestBody? body, bool mayRepeat)
    {
        var attempts = plan.ClusterConfig.Attempts;
        MostAttempts = attempts.Max;
        MayRepeat = mayRepeat && body is null or { IsWhole: true };
        IsWrite = !SafeMethods.Contains(request.Method);
        // Two of a write under way at once could both be carried out, and in either order. A second TRACE is of no use to anyone.
        MayHedge = MayRepeat && !IsWrite && !HttpMethods.IsTrace(request.Method) && attempts.Hedge != HedgeMode.Off;
        IsSticky = Affinity.KeyOf(plan.ClusterConfig.Affinity, request) is { Length: > 0 };
        HasFallback = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)
            || (plan.Route.LastGood is not null && Preflight.Is(request));
    }

    /// <summary>Attempts that it may make.</summary>
    public int MostAttempts { get; }

    /// <summary>It may be sent again after a destination has seen it.</summary>
    public bool MayRepeat { get; }

    /// <summary>Two attempts may be under way at once.</summary>
    public bool MayHedge { get; }

    /// <summary>It belongs to a conversation, which stays at its destination.</summary>
    public bool IsSticky { get; }

    /// <summary>It may change something at the destination (RFC 9110, section 9.2.1).</summary>
    public bool IsWrite { get; }

    /// <summary>Without a response the fallback chain may have one that says more than a failing status.</summary>
    public bool HasFallback { get; }

    /// <summary>An attempt that fails is not made elsewhere.</summary>
    public bool IsSingleAttempt => !MayRepeat || MostAttempts == 1;
}
