using System.Collections.Immutable;
using System.Net.Security;
using Gateway.Configuration.Model;

namespace Gateway.Server;

/// <summary>The certificates of one listener, and which of them a client gets. A handshake reads the choice without a lock.</summary>
internal sealed class ListenerCertificates
{
    private readonly ImmutableArray<ImmutableArray<string>> _hosts;
    private SniTable _names;

    /// <exception cref="System.Security.Cryptography.CryptographicException">Files are no certificate with its key.</exception>
    public ListenerCertificates(ListenConfig listen, ILogger<CertificateFiles> logger)
    {
        ImmutableArray<CertificateConfig> configured = listen.Certificate is { } one ? [one] : listen.Certificates;
        All = [.. configured.Select(config => new CertificateFiles(config, logger))];
        _hosts = [.. configured.Select(static config => config.Hosts)];
        _names = ReadNames();
        Clients = listen.ClientCertificates is { } clients ? new ClientVerification(clients) : null;
    }

    /// <summary>Verifies clients; null: they are not asked for a certificate.</summary>
    public ClientVerification? Clients { get; }

    /// <summary>Why files on disk are not in force.</summary>
    public IEnumerable<string> Alarms => All.Select(static files => files.Alarm).Append(Clients?.Alarm).OfType<string>();

    /// <summary>As configured.</summary>
    public ImmutableArray<CertificateFiles> All { get; }

    /// <summary>What a client gets that asks for this name; empty or null: for none.</summary>
    public SslStreamCertificateContext For(string? serverName) =>
        All[All.Length == 1 ? 0 : Volatile.Read(ref _names).Find(serverName)].Context;

    /// <summary>Looks at the files once.</summary>
    public void Look()
    {
        Clients?.Look();
        var changed = false;
        foreach (var files in All)
        {
            changed |= files.Look();
        }

        if (changed)
        {
            Volatile.Write(ref _names, ReadNames());
        }
    }

    // A renewed certificate may have other names than the one before.
    private SniTable ReadNames() => new(All.Zip(_hosts, static (files, hosts) => hosts.IsEmpty ? files.Names : hosts));
}
