using Gateway.Configuration.Model;
using Gateway.Health.Probing;
using Polly;
using Polly.Retry;

namespace Gateway.Health.Kubernetes;

/// <summary>
/// Follows the EndpointSlices of one Service: a list, then a watch from it on, and after any failure a list again. What is known stays in
/// use while the API server does not respond.
/// </summary>
internal sealed class EndpointSliceWatch
{
    /// <summary>A failure is told when it has lasted for so long, or at once while nothing is known.</summary>
    public static readonly TimeSpan ToldAfter = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ShortestWatch = TimeSpan.FromSeconds(1);

    private readonly KubernetesServiceName _name;
    private readonly Func<KubernetesApi> _api;
    private readonly Func<ResolvedName, ValueTask> _report;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline _untilHeard;
    private readonly Dictionary<string, EndpointSlice> _slices = new(StringComparer.Ordinal);
    private string? _version;
    private bool _isKnown;
    private bool _hasChanged;
    private long? _failsSince;
    private string? _told;

    /// <param name="name">The Service.</param>
    /// <param name="api">The API server; fails while there is no way to it.</param>
    /// <param name="report">Told what the Service stands for.</param>
    /// <param name="time">The clock.</param>
    public EndpointSliceWatch(
        KubernetesServiceName name, Func<KubernetesApi> api, Func<ResolvedName, ValueTask> report, TimeProvider time)
    {
        _name = name;
        _api = api;
        _report = report;
        _time = time;
        _untilHeard = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<KubernetesException>(),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = LongestPause,
                OnRetry = outcome => FailedAsync((KubernetesException)outcome.Outcome.Exception!),
            })
            .Build();
    }

    /// <summary>Follows it until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _untilHeard.ExecuteAsync(
                static (watch, cancellationToken) => watch.TurnAsync(cancellationToken), this, cancellationToken).ConfigureAwait(false);
        }
    }

    // A list if need be, and a watch. It fails when it was in vain or over at once: a pause follows, longer each time.
    private async ValueTask TurnAsync(CancellationToken cancellationToken)
    {
        var api = _api();
        var space = _name.Namespace ?? api.Namespace;
        var isListed = _version is null;
        var version = _version ?? await ListAsync(api, space, cancellationToken).ConfigureAwait(false);
        var began = _time.GetTimestamp();
        try
        {
            await api.WatchAsync(
                space,
                _name.Service,
                version,
                () => OnOpenedAsync(space),
                (change, hasMore) => OnChangeAsync(change, hasMore, space),
                cancellationToken).ConfigureAwait(false);
            if (_time.GetElapsedTime(began) < ShortestWatch)
            {
                throw new KubernetesException("The API server ends each watch at once");
            }
        }
        catch (KubernetesException e)
        {
            // What was missed is in a list: at once if the watch was worth it, or what was known was too old for it.
            _version = null;
            if (_time.GetElapsedTime(began) < ShortestWatch && (!e.IsGone || isListed))
            {
                throw;
            }
        }
    }

    private async Task<string> ListAsync(KubernetesApi api, string space, CancellationToken cancellationToken)
    {
        var list = await api.ListAsync(space, _name.Service, cancellationToken).ConfigureAwait(false);
        if (list.Metadata?.ResourceVersion is not { Length: > 0 } version)
        {
            throw new KubernetesException("The API server gave a list without a version");
        }

        _slices.Clear();
        foreach (var slice in list.Items ?? [])
        {
            if (slice?.Metadata?.Name is { Length: > 0 } name)
            {
                _slices[name] = slice;
            }
        }

        _version = version;
        await ReportAsync(space).ConfigureAwait(false);
        return version;
    }

    private async ValueTask OnChangeAsync(SliceEvent change, bool hasMore, string space)
    {
        if (change is { Type: "ADDED" or "MODIFIED", Object: { Metadata.Name: { Length: > 0 } added } slice })
        {
            _slices[added] = slice;
            _hasChanged = true;
        }
        else if (change is { Type: "DELETED", Object.Metadata.Name: { Length: > 0 } deleted })
        {
            _slices.Remove(deleted);
            _hasChanged = true;
        }

        _version = change.Object?.Metadata?.ResourceVersion is { Length: > 0 } version ? version : _version;

        // A rollout changes many slices at once: they are one change.
        if (!hasMore && _hasChanged)
        {
            await ReportAsync(space).ConfigureAwait(false);
        }
    }

    private async ValueTask ReportAsync(string space)
    {
        _hasChanged = false;
        _isKnown = true;
        var resolved = ServiceEndpoints.Of(_name, space, _slices.Values);
        await _report(resolved with { Problem = resolved.Problem ?? _told }).ConfigureAwait(false);
    }

    // From here on the API server tells what happens.
    private async ValueTask OnOpenedAsync(string space)
    {
        _failsSince = null;
        if (_told is not null)
        {
            _told = null;
            await ReportAsync(space).ConfigureAwait(false);
        }
    }

    private async ValueTask FailedAsync(KubernetesException why)
    {
        var now = _time.GetTimestamp();
        _failsSince ??= now;
        if (!string.Equals(why.Message, _told, StringComparison.Ordinal)
            && (!_isKnown || _time.GetElapsedTime(_failsSince.Value, now) >= ToldAfter))
        {
            _told = why.Message;
            await _report(new ResolvedName([], TimeSpan.Zero) { Problem = why.Message }).ConfigureAwait(false);
        }
    }
}
