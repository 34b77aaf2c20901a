using Gateway.Admin.Security;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;
using Gateway.Failover;
using Gateway.Health.Probing;
using Gateway.Observability;
using Gateway.Observability.Metrics;
using Gateway.Server;
using Gateway.Server.Acme;

namespace Gateway.Hosting;

/// <summary>
/// The certificates of the public listeners and of the admin endpoint, and the <c>tls</c> files of the clusters: reads them again when
/// they change.
/// </summary>
internal sealed partial class CertificateWatch
{
    private readonly Dictionary<ListenConfig, ListenerCertificates> _listeners = new(ReferenceEqualityComparer.Instance);
    private readonly ConfigStore _store;
    private readonly Uri _adminUrl;
    private readonly FailoverLoop _loop;
    private readonly TimeProvider _time;
    private readonly ILogger<CertificateWatch> _logger;

    /// <exception cref="System.Security.Cryptography.CryptographicException">Files of a port are not a certificate with its
    /// key.</exception>
    public CertificateWatch(ConfigStore store, FailoverLoop loop, TimeProvider time, GatewayLog log)
    {
        _store = store;
        _adminUrl = store.Current.Admin.Url;
        _loop = loop;
        _time = time;
        _logger = log.For<CertificateWatch>();
        if (store.Current.Admin.Certificate is { } admin)
        {
            Admin = new CertificateFiles(admin, log.For<CertificateFiles>());
        }

        Operators = new OperatorCertificates(store.Current.Admin);
        Acme = AcmeRenewal.For(store.Current, time, log.For<AcmeRenewal>());
        foreach (var listen in store.Current.Listen)
        {
            if (listen.Certificate is not null || !listen.Certificates.IsEmpty)
            {
                var resolved = AcmeRenewal.Resolve(listen, store.Current.State, time);
                _listeners.Add(listen, new ListenerCertificates(resolved, log.For<CertificateFiles>()));
            }
        }
    }

    /// <summary>Of each listener that speaks TLS.</summary>
    public IReadOnlyDictionary<ListenConfig, ListenerCertificates> Listeners => _listeners;

    /// <summary>Of the admin endpoint; null: it does not speak TLS.</summary>
    public CertificateFiles? Admin { get; }

    /// <summary>Of operators who call the admin endpoint.</summary>
    public OperatorCertificates Operators { get; }

    /// <summary>Orders certificates; null: all of them are files of the operator.</summary>
    public AcmeRenewal? Acme { get; }

    /// <summary>Why files of ports are not in force.</summary>
    public IEnumerable<ComponentAlert> PortAlarms => AlertsOf(
        _listeners.Values.SelectMany(static certificates => certificates.Alarms)
            .Append(Admin?.Alarm)
            .Append(Operators.Alarm)
            .OfType<string>()
            .Concat(Acme?.Alarms ?? []));

    /// <summary>Why files of clusters are not in force.</summary>
    public IEnumerable<ComponentAlert> ClusterAlarms => AlertsOf(ClustersTls().Select(static tls => tls.Alarm).OfType<string>());

    /// <summary>When the ports' certificates end.</summary>
    public IReadOnlyList<CertificateReading> Readings() =>
    [
        .. from listener in _listeners
           from files in listener.Value.All
           select Reading(listener.Key.Url, files),
        .. Admin is null ? Array.Empty<CertificateReading>() : [Reading(_adminUrl, Admin)],
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

            Admin?.Look();
            Operators.Look();
            foreach (var tls in ClustersTls())
            {
                if (tls.Look())
                {
                    LogClusterTlsRenewed(tls.Cluster);
                }
            }
        }
    }

    /// <summary>Orders certificates that are due until it is stopped.</summary>
    public Task OrderAsync(CancellationToken stopping) => Acme?.RunAsync(stopping) ?? Task.Delay(Timeout.InfiniteTimeSpan, _time, stopping);

    private IEnumerable<ClusterTls> ClustersTls() =>
        _store.Current.Clusters.Select(cluster => _loop.Find(cluster.Name)?.Tls).OfType<ClusterTls>();

    private static CertificateReading Reading(Uri url, CertificateFiles files) =>
        new(url.ToString(), files.File, new DateTimeOffset(files.Context.TargetCertificate.NotAfter));

    private static IEnumerable<ComponentAlert> AlertsOf(IEnumerable<string> alarms) =>
        alarms.Select(static text => new ComponentAlert("certificates", text));

    [LoggerMessage(10109, LogLevel.Information,
        "The files of 'tls' of the cluster '{Cluster}' were read again and are in force for new connections.")]
    private partial void LogClusterTlsRenewed(string cluster);
}
