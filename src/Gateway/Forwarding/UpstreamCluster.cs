using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Forwarding.Attempts;
using Gateway.Forwarding.Conversations;
using Gateway.Forwarding.LoadBalancing;
using Gateway.Forwarding.Overload;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Observability.Metrics;
using Gateway.Upstream;
using Gateway.Upstream.Http1;
using Gateway.Upstream.HttpClient;

namespace Gateway.Forwarding;

/// <summary>What the requests of one cluster share, and what outlives a reload of the configuration: connections, budget, turns.</summary>
internal sealed class UpstreamCluster
{
    // A destination that is gone takes its entry with it; its idle connections close themselves.
    private readonly ConditionalWeakTable<Destination, Http1ConnectionPool> _http1;
    private readonly double _timestampsInATick;
    private readonly SocketBudget _sockets;

    public UpstreamCluster(
        Cluster cluster,
        ClusterConfig config,
        UpstreamCluster? previous,
        FailoverLoop loop,
        Instruments instruments,
        SocketBudget sockets,
        TimeProvider time)
    {
        Cluster = cluster;
        Loop = loop;
        Time = time;
        _sockets = sockets;
        _timestampsInATick = (double)time.TimestampFrequency / TimeSpan.TicksPerSecond;
        Meter = instruments.Cluster(config.Name);
        Budget = previous is not null && previous.BudgetShare.Equals(config.Attempts.RetryBudget)
            ? previous.Budget
            : new RetryBudget(config.Attempts.RetryBudget, time);
        BudgetShare = config.Attempts.RetryBudget;
        Conversations = previous?.Conversations ?? new ConversationTable();
        Balance = config.Balance;
        Policy = previous is not null && previous.Balance == Balance ? previous.Policy : BalancePolicies.Of(Balance, Random.Shared, time);
        Queue = config.Queue is null
            ? null
            : config.Queue.Equals(previous?.Queue?.Config) ? previous!.Queue
            : new AdmissionQueue(config.Queue, Meter, time);
        foreach (var tier in cluster.Snapshot.Tiers)
        {
            // Requests that wait in the queue of before look for a place by themselves.
            tier.Load.PlaceLeft = Queue is null ? null : Queue.Signal;
        }

        ConnectTimeout = config.Timeouts.Connect;
        Tls = cluster.Tls;
        var keeps = previous is not null && previous.ConnectTimeout == ConnectTimeout && ReferenceEquals(previous.Tls, Tls);
        Transport = keeps ? previous!.Transport : CreateTransport(ConnectTimeout, sockets, Tls);
        _http1 = keeps ? previous!._http1 : [];
    }

    /// <summary>The cluster's published state.</summary>
    public Cluster Cluster { get; }

    /// <summary>Whom evidence is told.</summary>
    public FailoverLoop Loop { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>The cluster's figures.</summary>
    public ClusterMeter Meter { get; }

    /// <summary>Where requests wait while every tier is full; null: they do not.</summary>
    public AdmissionQueue? Queue { get; }

    /// <summary>Bounds the extra attempts.</summary>
    public RetryBudget Budget { get; }

    /// <summary>The connections to all destinations of the cluster that speak HTTP/2, or of which it is not known yet.</summary>
    public HttpMessageInvoker Transport { get; }

    /// <summary>A connection to any destination of the cluster, for one request that takes it over.</summary>
    public OneConnection OpenOneConnection() => OneConnection.Of(CreateHandler(ConnectTimeout, _sockets, Tls));

    /// <summary>The connections to one destination that speaks HTTP/1.1.</summary>
    public Http1ConnectionPool ConnectionsTo(Destination destination) =>
        _http1.GetValue(destination, at => new Http1ConnectionPool(at.Url, at.HostName, Tls, ConnectTimeout, _sockets, Time));

    /// <summary>Where conversations are (<c>affinity</c>).</summary>
    public ConversationTable Conversations { get; }

    /// <summary>How a destination is chosen inside a tier.</summary>
    public IBalancePolicy Policy { get; }

    /// <summary>A span in the unit of <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long ToTimestamp(TimeSpan span) => (long)(span.Ticks * _timestampsInATick);

    private double BudgetShare { get; }

    private BalanceMethod Balance { get; }

    private TimeSpan ConnectTimeout { get; }

    private ClusterTls? Tls { get; }

    // A replaced transport is not disposed: requests in flight finish on it, and its idle connections close themselves.
    private static HttpMessageInvoker CreateTransport(TimeSpan connectTimeout, SocketBudget sockets, ClusterTls? tls) =>
        new(CreateHandler(connectTimeout, sockets, tls), disposeHandler: true);

    private static SocketsHttpHandler CreateHandler(TimeSpan connectTimeout, SocketBudget sockets, ClusterTls? tls) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = System.Net.DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        // Byte for byte: a client's header with a byte above 127 must neither be refused here nor be blamed on a destination.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ConnectTimeout = connectTimeout,
        ConnectCallback = async (context, cancellationToken) =>
        {
            var stream = await sockets.OpenStreamAsync(context.DnsEndPoint, connectTimeout, cancellationToken).ConfigureAwait(false);
            return tls is null
                ? stream
                : await tls.SecureAsync(stream, context.InitialRequestMessage, cancellationToken).ConfigureAwait(false);
        },
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = TlsTrust.Validate },
        EnableMultipleHttp2Connections = true,
        PooledConnectionIdleTimeout = ConnectionLife.Idle,
        PooledConnectionLifetime = ConnectionLife.Longest,
        MaxResponseHeadersLength = 64,
        ResponseDrainTimeout = TimeSpan.FromMilliseconds(100),
    };
}
