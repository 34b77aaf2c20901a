using System.Collections.Immutable;
using System.Net;
using System.Runtime.CompilerServices;
using Gateway.Failover;
using Gateway.Fallback;
using Gateway.Forwarding.Attempts;
using Gateway.Forwarding.Conversations;
using Gateway.Forwarding.Overload;
using Gateway.Forwarding.Requests;
using Gateway.Forwarding.Responses;
using Gateway.Forwarding.Upgrades;
using Gateway.Observability;
using Gateway.Observability.Logging;
using Gateway.Observability.Metrics;
using Gateway.Observability.Tracing;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding;

/// <summary>A user's request from its route to its one outcome.</summary>
/// <remarks>
/// (1) The <see cref="RouteGate"/> answers what no tier is asked for; a read may get the response of an equal one.
/// (2) The published state of the cluster is read, once. An ejected destination may get a copy as its half-open probe.
/// (3) The tier is chosen; without one, or when it is full for this level, the fallback chain answers at once.
/// (4) A small body is read ahead, so that it can be sent again.
/// (5) The <see cref="TierResponder"/> lets the <see cref="RequestExecution"/> make the attempts, and the <see cref="ResponseRelay"/>
/// give the user the response of one.
/// (6) Without a response the fallback chain gives one. One outcome is counted.
/// </remarks>
internal sealed class ProxyRequestHandler
{
    private readonly UpgradeForwarder _upgrades;
    private readonly RequestReport _report;
    private readonly RequestAdmission _admission;
    private readonly FallbackResponder _fallback;
    private readonly TierResponder _tiers;
    private readonly CancellationToken _stopping;

    /// <param name="upgrades">Serves WebSockets and their like.</param>
    /// <param name="chain">Responds when no tier does.</param>
    /// <param name="access">The access log.</param>
    /// <param name="trusted"><c>trustedProxies</c>, of the configuration in force.</param>
    /// <param name="stopping">The gateway stops, and its event streams end.</param>
    public ProxyRequestHandler(
        UpgradeForwarder upgrades,
        FallbackChain chain,
        AccessLog access,
        Func<ImmutableArray<IPNetwork>> trusted,
        CancellationToken stopping)
    {
        _upgrades = upgrades;
        _report = new RequestReport(access, trusted);
        _admission = new RequestAdmission(stopping);
        _fallback = new FallbackResponder(chain);
        _tiers = new TierResponder(_fallback, stopping);
        _stopping = stopping;
        Redirects = new RedirectHandler(access, trusted);
    }

    /// <summary>Serves routes that redirect.</summary>
    public RedirectHandler Redirects { get; }

    /// <summary>Serves one request of this route.</summary>
    public async Task ServeAsync(HttpContext context, CompiledRoute plan)
    {
        var time = plan.Traffic.Time;
        var record = new RequestRecord(plan.Route.Name, plan.ClusterConfig.Name, time.GetTimestamp());
        var outcome = RequestOutcome.Failed;
        var refusedWith = 0;
        var compressed = plan.Compression?.Register(context);
        plan.ResponseHeaders?.Register(context);
        plan.Cors?.Register(context);
        var span = Traces.BeginRequest(context, plan.Route.Name, time);
        try
        {
            var request = context.Request;
            var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            if (RequestGuard.ProblemOf(request.Protocol, request.Method, target, request.Headers) is { } problem)
            {
                outcome = record.Refuse();
                refusedWith = StatusCodes.Status400BadRequest;
                await RefusalResponse.WriteAsync(context, refusedWith, problem).ConfigureAwait(false);
            }
            else
            {
                outcome = await RespondAsync(context, plan, record).ConfigureAwait(false);
            }
        }
        catch (BadHttpRequestException refused) when (!context.Response.HasStarted)
        {
            // Answered here: thrown on, Kestrel would answer the same, and log an error with a stack for whatever a client does wrong.
            refusedWith = refused.StatusCode;
            outcome = record.Refuse();
            await RefusalResponse.WriteAsync(context, refused.StatusCode, refused.Message).ConfigureAwait(false);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            outcome = record.Abort();
        }
        finally
        {
            if (compressed is not null)
            {
                await compressed.FinishAsync(record.IsCut, context.RequestAborted).ConfigureAwait(false);
                record.BytesOut = compressed.Sent ?? record.BytesOut;
            }

            _report.End(context, plan, record, outcome, refusedWith, span);
            await LeaveAsync(context, plan, record).ConfigureAwait(false);
        }

        CutResponseException.ThrowIf(record.IsCut);
    }

    /// <summary>Gives back what the request holds.</summary>
    private static async ValueTask LeaveAsync(HttpContext context, CompiledRoute plan, RequestRecord record)
    {
        plan.Access?.Leave(record);
        record.Place?.Dispose();
        if (record.Behind is { } behind)
        {
            // What it reads of the request is Kestrel's again once this returns. It never throws.
            await behind.ConfigureAwait(false);
        }

        if (plan.SharedReads is not null)
        {
            // Requests that wait for this one need not any more.
            context.Features.Get<ReadFlight>()?.Leave();
        }
    }

    // Pooled: its only caller waits for it once, so that its state costs no garbage.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RequestOutcome> RespondAsync(HttpContext context, CompiledRoute plan, RequestRecord record)
    {
        // 1. What no tier is asked for.
        var isUpgrade = UpgradeForwarder.Is(context);
        if (await RouteGate.RespondAsync(context, plan, record, isUpgrade).ConfigureAwait(false))
        {
            return RequestOutcome.Refused;
        }

        var shared = plan.SharedReads is { } reads ? await reads.EnterAsync(context, record).ConfigureAwait(false) : default;
        if (shared.IsGiven)
        {
            return RequestOutcome.Live;
        }

        // 2. What holds now.
        var target = plan.TargetOf(context);
        var snapshot = plan.Traffic.Cluster.Snapshot;
        plan.Traffic.Budget.Request();
        var halfOpen = HalfOpenProbes.Offer(plan, snapshot, context, target);

        // 3. The tier.
        var (tier, unserved) = TierOf(plan, snapshot, context.Request);
        if (tier >= 0 && snapshot.Tiers[tier].Capacity is not null)
        {
            (snapshot, tier, unserved) = await _admission.AdmitAsync(context, plan, record, snapshot, tier, halfOpen).ConfigureAwait(false);
            if (tier < 0)
            {
                halfOpen?.Destination.ReturnHalfOpenPermit();
                halfOpen = null;
            }
        }

        if (tier < 0 && halfOpen is null)
        {
            return await _fallback.RespondAsync(context, plan, record, unserved).ConfigureAwait(false);
        }

        tier = Math.Max(tier, 0);
        if (isUpgrade)
        {
            return await UpgradeAsync(context, plan, record, snapshot, tier, target, halfOpen).ConfigureAwait(false);
        }

        // 4. The body.
        var body = await BodyLimit.ReadAsync(context, plan, halfOpen).ConfigureAwait(false);

        // 5. The attempts, and the fallback chain behind them.
        var execution = new RequestExecution(plan, context, snapshot, tier, target, body, MayRepeat(plan, context.Request))
        {
            Stopping = _stopping,
            HalfOpen = halfOpen,
            Began = body is null ? record.Began : 0,
            Record = record,
        };
        return await _tiers.RespondAsync(context, plan, record, execution, body, shared).ConfigureAwait(false);
    }

    /// <summary>The tier that serves the request, or -1 and why there is none.</summary>
    private static (int Tier, TerminationCause Unserved) TierOf(CompiledRoute plan, ClusterSnapshot snapshot, HttpRequest request)
    {
        var tier = Affinity.TierOf(plan, snapshot, request);
        return plan.FirstTierOnly && tier > 0 ? (-1, TerminationCause.LevelNotServed) : (tier, TerminationCause.NoTier);
    }

    private static bool MayRepeat(CompiledRoute plan, HttpRequest request) =>
        plan.MayRepeat(request.Method, request.Headers.ContainsKey("Idempotency-Key"));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RequestOutcome> UpgradeAsync(
        HttpContext context,
        CompiledRoute plan,
        RequestRecord record,
        ClusterSnapshot snapshot,
        int tier,
        string target,
        HalfOpenPermit? halfOpen)
    {
        var choice = new DestinationChoice(plan, context.Request, snapshot, tier, plan.ClusterConfig.Attempts.Max);
        var upgrading = _upgrades.ServeAsync(context, plan, choice, target, halfOpen, record);
        record.Place?.Dispose();
        return await upgrading.ConfigureAwait(false)
            ?? await _fallback.RespondAsync(context, plan, record, record.Cause).ConfigureAwait(false);
    }
}
