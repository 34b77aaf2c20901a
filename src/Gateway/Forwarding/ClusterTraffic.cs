using System.Net.Security;
using System.Text;
using Gateway.Configuration;
using Gateway.Failover;
using Gateway.Health;
using Gateway.Observability;

namespace Gateway.Forwarding;

/// <summary>What the requests of one cluster share, and what outlives a reload of the configuration: connections, budget, turns.</summary>
internal sealed class ClusterTraffic
{
    private uint _turn;

    public ClusterTraffic(Cluster cluster, ClusterConfig config, ClusterTraffic? previous, FailoverLoop loop, Instruments instruments, TimeProvider time)
    {
        Cluster = cluster;
        Loop = loop;
        Time = time;
        Meter = instruments.Cluster(config.Name);
        Budget = previous is not null && previous.BudgetShare.Equals(config.Attempts.Budget) ? previous.Budget : new AttemptBudget(config.Attempts.Budget, time);
        BudgetShare = config.Attempts.Budget;
        ConnectTimeout = config.Timeouts.Connect;
        Transport = previous is not null && previous.ConnectTimeout == ConnectTimeout ? previous.Transport : CreateTransport(ConnectTimeout);
    }

    /// <summary>The cluster's published state.</summary>
    public Cluster Cluster { get; }

    /// <summary>Whom evidence is told.</summary>
    public FailoverLoop Loop { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>The cluster's figures.</summary>
    public ClusterMeter Meter { get; }

    /// <summary>Bounds the extra attempts.</summary>
    public AttemptBudget Budget { get; }

    /// <summary>The connections to all destinations of the cluster.</summary>
    public HttpMessageInvoker Transport { get; }

    /// <summary>The counter for taking turns.</summary>
    public ref uint Turn => ref _turn;

    /// <summary>A span in the unit of <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long ToTimestamp(TimeSpan span) => (long)(span.Ticks * ((double)Time.TimestampFrequency / TimeSpan.TicksPerSecond));

    private double BudgetShare { get; }

    private TimeSpan ConnectTimeout { get; }

    // A replaced transport is not disposed: requests in flight finish on it, and its idle connections close themselves.
    private static HttpMessageInvoker CreateTransport(TimeSpan connectTimeout) => new(
        new SocketsHttpHandler
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
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = TlsTrust.Validate },
            EnableMultipleHttp2Connections = true,
            // Shorter than the 5 s after which common servers close an idle connection: a POST that meets such a close is lost.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(4),
            // A name that moves is followed within this time; a connection in use is never cut by it.
            PooledConnectionLifetime = TimeSpan.FromSeconds(55),
            MaxResponseHeadersLength = 64,
            ResponseDrainTimeout = TimeSpan.FromMilliseconds(100),
        },
        disposeHandler: true);
}
