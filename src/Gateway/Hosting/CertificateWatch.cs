using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;
using Gateway.Failover;
using Gateway.Health.Probing;
using Gateway.Observability;
using Gateway.Observability.Metrics;
using Gateway.Server;

namespace Gateway.Hosting;

/// <summary>
/// The certificates of the public listeners and the <c>tls</c> files of the clusters: reads them again when they change.
/// </summary>
internal sealed partial class CertificateWatch
{
    private readonly Dictionary<ListenConfig, ListenerCertificates> _listeners = new(ReferenceEqualityComparer.Instance);
    private readonly ConfigStore _store;
    private readonly FailoverLoop _loop;
    private readonly TimeProvider _time;
    private readonly ILogger<CertificateWatch> _logger;

    /// <exception cref="System.Security.Cryptography.CryptographicException">Files of a listener are not a certificate with its key.
    /// </exception>
    public CertificateWatch(ConfigStore store, FailoverLoop loop, TimeProvider time, GatewayLog log)
    {
        _store = store;
        _loop = loop;
        _time = time;
        _logger = log.For<CertificateWatch>();
        foreach (var listen in store.Current.Listen)
        {
            if (listen.Certificate is not null || !listen.Certificates.IsEmpty)
            {
                _listeners.Add(listen, new ListenerCertificates(listen, log.For<CertificateFiles>()));
            }
        }
    }

    /// <summary>Of each listener that speaks TLS.</summary>
    public IReadOnlyDictionary<ListenConfig, ListenerCertificates> Listeners => _listeners;

    /// <summary>Why files of listeners are not in force.</summary>
    public IEnumerable<ComponentAlert> ListenerAlarms => AlertsOf(_listeners.Values.SelectMany(static certificates => certificates.Alarms));

    /// <summary>Why files of clusters are not in force.</summary>
    public IEnumerable<ComponentAlert> ClusterAlarms => AlertsOf(ClustersTls().Select(static tls => tls.Alarm).OfType<string>());

    /// <summary>When the listeners' certificates end.</summary>
    public IReadOnlyList<CertificateReading> Readings() =>
    [
        .. from listener in _listeners
           from files in listener.Value.All
           let end = new DateTimeOffset(files.Context.TargetCertificate.NotAfter)
           select new CertificateReading(listener.Key.Url.ToString(), files.File, end),
    ];

    /// <summary>Looks at the files until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(CertificateFiles.Interval, _time);
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
        {
            foreach (var certificates in _listeners.Values)
            {
                certificates.Look();
            }

            foreach (var tls in ClustersTls())
            {
                if (tls.Look())
                {
                    LogClusterTlsRenewed(tls.Cluster);
                }
            }
        }
    }

    private IEnumerable<ClusterTls> ClustersTls() =>
        _store.Current.Clusters.Select(cluster => _loop.Find(cluster.Name)?.Tls).OfType<ClusterTls>();

    private static IEnumerable<ComponentAlert> AlertsOf(IEnumerable<string> alarms) =>
        alarms.Select(static text => new ComponentAlert("certificates", text));

    [LoggerMessage(10109, LogLevel.Information,
        "The files of 'tls' of the cluster '{Cluster}' were read again and are in force for new connections.")]
    private partial void LogClusterTlsRenewed(string cluster);
}
