using System.Collections.Concurrent;
using System.Text;
using Gateway.Health.Probing;
using Gateway.Health.Rules;
using Gateway.Health.Signals;

namespace Gateway.Health.Model;

/// <summary>
/// One instance of a service at run time. The object stays the same over reloads as long as cluster, tier, name and address do;
/// with it stay its counts, its health and its connections' key.
/// </summary>
internal sealed class Destination
{
    // Enough late attempts to decide on at once; few enough that a frozen destination holds no crowd of connections.
    private const int MaxLingering = 8;

    private readonly ConcurrentDictionary<string, RouteSuccessCounter> _tallies = new(StringComparer.Ordinal);
    private readonly Func<string, RouteSuccessCounter> _newTally;
    private int _inFlight;
    private int _maxInFlight;
    private int _lingering;
    private int _halfOpenPermits;
    private int _healthStatus;
    private bool _speaksHttp2Alone;
    private bool _offersHttp2;
    private bool _negotiatesHttp11;
    private bool _http2Wanted;
    private string? _ejectedByRoute;
    private CancellationTokenSource _cut = new();
    private ClusterTls? _tls;

    public Destination(string cluster, string tier, string name, Uri url, string? hostName = null)
    {
        Cluster = cluster;
        Tier = tier;
        Name = name;
        Url = url;
        HostName = hostName;
        Seed = SeedOf(cluster, name, url);
        _newTally = route => new RouteSuccessCounter(route)
        {
            Step = () => Step?.Invoke(),
            OnCounted = successes => Counted?.Invoke(route, successes),
        };
    }

    /// <summary>The cluster's name.</summary>
    public string Cluster { get; }

    /// <summary>The tier's name.</summary>
    public string Tier { get; }

    /// <summary>Unique inside the cluster. One address of a <c>dns+</c> name is called <c>name@address</c>.</summary>
    public string Name { get; }

    /// <summary>Where it is. For one address of a <c>dns+</c> name the host is that address.</summary>
    public Uri Url { get; }

    /// <summary>
    /// The name behind an address of a <c>dns+</c> destination, for Host and TLS (<c>host</c> or <c>host:port</c>); else null.
    /// </summary>
    public string? HostName { get; }

    /// <summary>How its TLS connections are made; null: as by default. Written by the failover loop alone.</summary>
    public ClusterTls? Tls
    {
        get => Volatile.Read(ref _tls);
        internal set => Volatile.Write(ref _tls, value);
    }

    /// <summary>
    /// An http destination that speaks HTTP/2 only, as its probes found: it is asked in HTTP/2 without a negotiation. Written by its prober
    /// alone.
    /// </summary>
    public bool SpeaksHttp2Alone
    {
        get => Volatile.Read(ref _speaksHttp2Alone);
        internal set => Volatile.Write(ref _speaksHttp2Alone, value);
    }

    /// <summary>
    /// An https destination that negotiates HTTP/1.1, as the last probe that got a response found. Written by its prober alone.
    /// </summary>
    public bool NegotiatesHttp11
    {
        get => Volatile.Read(ref _negotiatesHttp11);
        internal set => Volatile.Write(ref _negotiatesHttp11, value);
    }

    /// <summary>
    /// True: a probe found that this http destination speaks HTTP/2 without a negotiation, beside HTTP/1.1 or alone. A request that would
    /// need it does not choose it: it only makes the next probe look.
    /// </summary>
    /// <param name="wanted">A request needs to know.</param>
    public bool OffersHttp2(bool wanted)
    {
        if (wanted && !Volatile.Read(ref _http2Wanted))
        {
            Volatile.Write(ref _http2Wanted, true);
        }

        return SpeaksHttp2Alone || Volatile.Read(ref _offersHttp2);
    }

    /// <summary>Some request needed to know whether it speaks HTTP/2.</summary>
    internal bool Http2Wanted => Volatile.Read(ref _http2Wanted);

    /// <summary>What its prober found.</summary>
    internal void FoundHttp2(bool offers) => Volatile.Write(ref _offersHttp2, offers);

    /// <summary>For rendezvous hashing: the same on every gateway and after every restart.</summary>
    public ulong Seed { get; }

    /// <summary>Requests under way.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Requests that it may have in flight; 0: any number. Written by the loop alone.</summary>
    public int MaxInFlight
    {
        get => Volatile.Read(ref _maxInFlight);
        internal set => Volatile.Write(ref _maxInFlight, value);
    }

    /// <summary>It has as many requests as it may have.</summary>
    public bool IsFull => MaxInFlight is > 0 and var most && InFlight >= most;

    /// <summary>What is held true of it; written by the failover loop alone, for eyes. Choose from <c>TierSnapshot</c> instead.</summary>
    public HealthStatus HealthStatus
    {
        get => (HealthStatus)Volatile.Read(ref _healthStatus);
        internal set => Volatile.Write(ref _healthStatus, (int)value);
    }

    /// <summary>
    /// The route whose failures ejected it: only that route's requests can show that it is well again, cheap successes of another
    /// cannot. Null: connections failed, which every route's requests can show. Written by the loop alone.
    /// </summary>
    public string? EjectedByRoute
    {
        get => Volatile.Read(ref _ejectedByRoute);
        internal set => Volatile.Write(ref _ejectedByRoute, value);
    }

    /// <summary>True: a request of this route may be the half-open probe.</summary>
    public bool AllowsHalfOpenProbeOf(string route) =>
        EjectedByRoute is not { } ejectedByRoute || string.Equals(ejectedByRoute, route, StringComparison.Ordinal);

    /// <summary>
    /// True: even a request that may not be repeated may be the half-open probe, since a failed connection carries nothing.
    /// </summary>
    public bool AllowsAnyHalfOpenProbe => EjectedByRoute is null;

    /// <summary>True while the half-open permit is free.</summary>
    public bool HalfOpenProbeOffered => Volatile.Read(ref _halfOpenPermits) > 0;

    /// <summary>
    /// What its good responses took; halved every ten seconds, so that it tells of about the last twenty. One increment a response.
    /// </summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>How long it takes to respond, for <c>balance: peakEwma</c>; unknown with any other.</summary>
    public PeakEwma ResponseTime { get; } = new();

    /// <summary>What its responses report of its load (ORCA), where a signal asks for it.</summary>
    public ReportedLoad Load { get; } = new();

    /// <summary>The number of the step of the loop that judges it; null: none does. Written by that loop alone.</summary>
    internal Func<long>? Step { get; set; }

    /// <summary>Told of a route's count that has changed since that loop looked last. Null: nothing is.</summary>
    internal Action<string, long>? Counted { get; set; }

    /// <summary>An attempt begins.</summary>
    public void Begin() => Interlocked.Increment(ref _inFlight);

    /// <summary>An attempt ended, however.</summary>
    public void End() => Interlocked.Decrement(ref _inFlight);

    /// <summary>The count of one route's successes here. Lock-free once the route was seen.</summary>
    public RouteSuccessCounter Tally(string route) => _tallies.GetOrAdd(route, _newTally);

    /// <summary>
    /// Takes the one permit of a destination half-open. Who got it sends one request and then tells its outcome as <see cref="Evidence"/>
    /// with <c>HalfOpen: true</c>, or calls <see cref="ReturnHalfOpenPermit"/> when the request showed nothing (a client's abort).
    /// </summary>
    public bool TryTakeHalfOpenPermit() =>
        Volatile.Read(ref _halfOpenPermits) > 0 && Interlocked.CompareExchange(ref _halfOpenPermits, 0, 1) == 1;

    /// <summary>The half-open probe showed nothing: another request may try.</summary>
    public void ReturnHalfOpenPermit()
    {
        if (HealthStatus == HealthStatus.HalfOpen)
        {
            OfferHalfOpenProbe();
        }
    }

    /// <summary>
    /// Asks to let a hedged-away attempt run on (at most until <c>RouteTiming.LateAfter</c>) to learn how late it really is:
    /// only so can a frozen destination be told from one that is a little slower. False: enough of them do; cancel it now.
    /// Balance with <see cref="EndLinger"/>.
    /// </summary>
    public bool TryLinger()
    {
        if (Volatile.Read(ref _lingering) >= MaxLingering)
        {
            return false;
        }

        if (Interlocked.Increment(ref _lingering) <= MaxLingering)
        {
            return true;
        }

        Interlocked.Decrement(ref _lingering);
        return false;
    }

    /// <summary>The lingering attempt ended; its outcome is told as Success (in time) or Late.</summary>
    public void EndLinger() => Interlocked.Decrement(ref _lingering);

    /// <inheritdoc/>
    public override string ToString() => $"{Cluster}/{Tier}/{Name}";

    /// <summary>Cancelled when it is drained and the time for its conversations is over: event streams and tunnels end.</summary>
    public CancellationToken Cut => Volatile.Read(ref _cut).Token;

    /// <summary>Ends them. What waits for it runs elsewhere, not on the loop.</summary>
    internal void CutConversations() => _ = Volatile.Read(ref _cut).CancelAsync();

    /// <summary>It takes conversations, again.</summary>
    internal void TakeConversations()
    {
        if (Cut.IsCancellationRequested)
        {
            Volatile.Write(ref _cut, new CancellationTokenSource());
        }
    }

    internal void OfferHalfOpenProbe() => Interlocked.Exchange(ref _halfOpenPermits, 1);

    internal void WithdrawHalfOpenProbe() => Interlocked.Exchange(ref _halfOpenPermits, 0);

    /// <summary>Every route's count; for the loop.</summary>
    /// <remarks>Enumerated, since <c>Values</c> would lock and copy.</remarks>
    internal IEnumerable<RouteSuccessCounter> Tallies => _tallies.Select(static pair => pair.Value);

    // FNV-1a: string.GetHashCode differs in each process, and two gateways must choose the same destination for a key.
    private static ulong SeedOf(string cluster, string name, Uri url)
    {
        var hash = 14695981039346656037UL;
        foreach (var value in Encoding.UTF8.GetBytes($"{cluster}\n{name}\n{url.Authority}"))
        {
            hash = (hash ^ value) * 1099511628211UL;
        }

        return hash;
    }
}
