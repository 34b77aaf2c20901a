using System.Collections.Concurrent;
using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Health.Probing;

namespace Gateway.Health.Kubernetes;

/// <summary>The Services of Kubernetes that destinations name. Without such a destination it does nothing and holds nothing.</summary>
/// <param name="access">Finds the API server.</param>
/// <param name="time">The clock.</param>
internal sealed class KubernetesServices(Func<ClusterAccess> access, TimeProvider time) : IDisposable
{
    /// <summary>A Service that is not known for so long is worth an alarm.</summary>
    public static readonly TimeSpan AlarmAfter = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan AfterADefect = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<KubernetesServiceName, (long Since, string Problem)> _problems = new();
    private KubernetesApi? _api;

    /// <summary>What has been wrong for a while; null: nothing.</summary>
    public string? Alarm
    {
        get
        {
            // One that is read often and is as good as always empty.
            foreach (var (name, (since, problem)) in _problems)
            {
                if (time.GetElapsedTime(since) is var lasted && lasted >= AlarmAfter)
                {
                    return string.Create(
                        CultureInfo.InvariantCulture,
                        $"kubernetes://{name}, for {lasted.TotalSeconds:0} s: {problem}."
                            + $"{(_problems.Count > 1 ? $" So it is with {_problems.Count - 1} more." : "")}");
                }
            }

            return null;
        }
    }

    /// <summary>Follows a Service until it is cancelled; never fails otherwise.</summary>
    /// <param name="name">The Service.</param>
    /// <param name="report">Told what it stands for, whenever that changes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task FollowAsync(
        KubernetesServiceName name, Func<ResolvedName, ValueTask> report, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    await new EndpointSliceWatch(name, Api, Report, time).RunAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    await Report(new ResolvedName([], TimeSpan.Zero)
                    {
                        Problem = $"following it failed and begins anew; this is a defect of the gateway, please report it ({e})",
                    }).ConfigureAwait(false);
                    await Task.Delay(AfterADefect, time, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // No longer wanted.
        }
        finally
        {
            _problems.TryRemove(name, out _);
        }

        ValueTask Report(ResolvedName resolved)
        {
            if (resolved.Problem is { } what)
            {
                var problem = resolved.IsCertain ? what : $"{what}. The endpoints known of it stay in use";
                _problems.AddOrUpdate(
                    name, _ => (time.GetTimestamp(), problem), (_, known) => known with { Problem = problem });
            }
            else
            {
                _problems.TryRemove(name, out _);
            }

            return report(resolved);
        }
    }

    /// <summary>What a Service stands for now.</summary>
    /// <exception cref="KubernetesException">The API server does not say it.</exception>
    public async Task<ResolvedName> ReadAsync(KubernetesServiceName name, CancellationToken cancellationToken)
    {
        var api = Api();
        var space = name.Namespace ?? api.Namespace;
        var list = await api.ListAsync(space, name.Service, cancellationToken).ConfigureAwait(false);
        return ServiceEndpoints.Of(name, space, [.. (list.Items ?? []).OfType<EndpointSlice>()]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _api?.Dispose();
        }
    }

    // Made when it is first needed, and only once there is a way to it.
    private KubernetesApi Api()
    {
        lock (_lock)
        {
            return _api ??= new KubernetesApi(access(), time);
        }
    }
}
