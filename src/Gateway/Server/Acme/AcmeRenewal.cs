using System.Collections.Immutable;
using System.Security.Cryptography;
using Gateway.Configuration.Model;
using Gateway.Server.Acme.Messages;

namespace Gateway.Server.Acme;

/// <summary>
/// Orders certificates from authorities (RFC 8555) and renews them, one after the other. The certificate before stays in force until the
/// new one is there; <see cref="CertificateFiles"/> takes the new file into force as any other.
/// </summary>
internal sealed partial class AcmeRenewal
{
    private static readonly TimeSpan LongestOrder = TimeSpan.FromMinutes(5);

    // Clocks are set meanwhile, and files are deleted.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);

    private readonly AcmeStore _store;
    private readonly ImmutableArray<AcmeOrdering> _orderings;
    private readonly ImmutableArray<string> _ways;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    private AcmeRenewal(
        AcmeStore store, ImmutableArray<AcmeOrdering> orderings, ImmutableArray<string> ways, TimeProvider time, ILogger logger)
    {
        _store = store;
        _orderings = orderings;
        _ways = ways;
        _time = time;
        _logger = logger;
    }

    /// <summary>What authorities are answered.</summary>
    public AcmeChallenges Challenges { get; } = new();

    /// <summary>Which certificates are missing, and why.</summary>
    public IEnumerable<string> Alarms => _orderings.Select(static ordering => ordering.Alarm).OfType<string>();

    /// <summary>For the certificates of the public listeners that are ordered, with a placeholder for each that is not there; null: there
    /// are none.</summary>
    /// <exception cref="IOException">The state folder cannot be written.</exception>
    public static AcmeRenewal? For(GatewayConfig config, TimeProvider time, ILogger<AcmeRenewal> logger)
    {
        // Listeners that share a certificate share its order.
        ImmutableArray<CertificateConfig> wanted =
        [
            .. config.Listen.SelectMany(static listen => listen.Certificates)
                .Where(static certificate => certificate.Acme is not null)
                .DistinctBy(static certificate => certificate.Hosts[0], StringComparer.OrdinalIgnoreCase),
        ];
        if (wanted.IsEmpty)
        {
            return null;
        }

        var store = new AcmeStore(config.State, time);
        ImmutableArray<AcmeOrdering> orderings = [.. wanted.Select(static one => new AcmeOrdering(one, Random.Shared.NextDouble()))];
        foreach (var ordering in orderings)
        {
            store.EnsurePlaceholder(ordering.Config);
            ordering.Begin(store.Read(ordering.Config));
        }

        // A port without TLS is there for HTTP-01; where all speak TLS, it may still be this gateway that port 80 redirects to.
        var isPlain = config.Listen.Any(static listen => string.Equals(listen.Url.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal));
        ImmutableArray<string> ways = isPlain
            ? [AcmeChallenge.Http, AcmeChallenge.TlsAlpn]
            : [AcmeChallenge.TlsAlpn, AcmeChallenge.Http];
        return new AcmeRenewal(store, orderings, ways, time, logger);
    }

    /// <summary>A listener with the files of the certificates that are ordered for it.</summary>
    public static ListenConfig Resolve(ListenConfig listen, string state, TimeProvider time)
    {
        var store = new AcmeStore(state, time);
        return listen with
        {
            Certificates =
            [
                .. listen.Certificates.Select(certificate => certificate.Acme is null
                    ? certificate
                    : certificate with { File = store.PathOf(certificate), Key = store.PathOf(certificate) }),
            ],
        };
    }

    /// <summary>Orders what is due until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            var next = _time.GetUtcNow() + LongestSleep;
            foreach (var ordering in _orderings)
            {
                var holding = _store.Read(ordering.Config);
                if (ordering.NextAt(holding, _time.GetUtcNow()) <= _time.GetUtcNow())
                {
                    await TryAsync(ordering, holding, stopping).ConfigureAwait(false);
                    holding = _store.Read(ordering.Config);
                }

                var at = ordering.NextAt(holding, _time.GetUtcNow());
                next = at < next ? at : next;
            }

            var pause = next - _time.GetUtcNow();
            await Task.Delay(pause > TimeSpan.FromSeconds(1) ? pause : TimeSpan.FromSeconds(1), _time, stopping).ConfigureAwait(false);
        }
    }

    private async Task TryAsync(AcmeOrdering ordering, AcmeHolding holding, CancellationToken stopping)
    {
        using var late = new CancellationTokenSource(LongestOrder, _time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stopping, late.Token);
        try
        {
            var pem = await OrderAsync(ordering, end.Token).ConfigureAwait(false);
            _store.Save(ordering.Config, pem);
            ordering.Succeed(_time.GetUtcNow());
            LogIssued(ordering.Names, ordering.Config.Acme!.Directory.Host);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            // Whatever an authority sends, or a file holds: the next try and the other certificates go on.
            var why = e switch
            {
                OperationCanceledException => $"the order was not done within {LongestOrder.TotalMinutes:0} min",
                AcmeException or IOException or UnauthorizedAccessException or CryptographicException => e.Message,
                _ => $"the authority or a file in \"acme\" has something that was not expected ({e.GetType().Name})",
            };
            ordering.Fail(why.TrimEnd('.'), (e as AcmeException)?.RetryAfter, holding, _time.GetUtcNow());
            LogNotIssued(ordering.Alarm!);
        }
        finally
        {
            Challenges.Clear();
        }
    }

    private async Task<string> OrderAsync(AcmeOrdering ordering, CancellationToken cancellationToken)
    {
        var acme = ordering.Config.Acme!;
        using var key = _store.AccountKeyFor(acme.Directory);
        using var session = new AcmeSession(acme, key);
        var directory = await session.OpenAsync(cancellationToken).ConfigureAwait(false);
        return await new AcmeIssuance(session, key, Challenges, _time)
            .OrderAsync(directory, ordering.Config.Hosts, ordering.ChallengeOf(_ways), cancellationToken)
            .ConfigureAwait(false);
    }

    [LoggerMessage(10115, LogLevel.Information, "The certificate for {Names} was issued by {Authority}.")]
    private partial void LogIssued(string names, string authority);

    [LoggerMessage(10116, LogLevel.Error, "{Alarm}")]
    private partial void LogNotIssued(string alarm);
}
