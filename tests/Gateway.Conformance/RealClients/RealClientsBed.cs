using System.Globalization;
using Gateway.Conformance.Support;
using Xunit;

namespace Gateway.Conformance.RealClients;

/// <summary>A service of node, ws and grpc-js behind the gateway, for clients of other makers.</summary>
public sealed class RealClientsBed : IAsyncLifetime
{
    private TestFolder? _folder;
    private Origin? _service;
    private GatewayBed? _gateway;

    /// <summary>The folder of the authority's file and of what tests write.</summary>
    internal string Folder => _folder!.Path;

    /// <summary>The authority that clients trust.</summary>
    internal string AuthorityFile { get; private set; } = "";

    /// <summary>The service itself.</summary>
    internal string DirectUrl => Url("http", "127.0.0.1", _service!.Port("http"));

    /// <summary>The listener in clear.</summary>
    internal string ClearUrl => Url("http", "127.0.0.1", _gateway!.Port);

    /// <summary>The listener with TLS.</summary>
    internal string TlsUrl => Url("https", "localhost", _gateway!.TlsPort);

    /// <summary>The gateway's port with TLS before the gRPC server that has TLS itself.</summary>
    internal int GrpcTlsPort { get; private set; }

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        if (Tools.Find("node") is not { } node || !Directory.Exists(Path.Combine(Tools.Clients, "node_modules")))
        {
            return;
        }

        _folder = new();
        var authority = new Authority(_folder.Path);
        AuthorityFile = authority.AuthorityFile;
        _service = new("service", node, [Path.Combine(Tools.Clients, "service.mjs"), authority.CertificateFile, authority.KeyFile]);
        await _service.StartAsync();
        _gateway = await GatewayBed.StartAsync(_folder, authority,
        [
            new("service", DirectUrl),
            new("stream", DirectUrl, RouteKeys: "stream: {}"),
            new("grpc", Url("http", "127.0.0.1", _service.Port("grpc")), Path: "conformance.Echo"),
        ]);
        _grpcTls = await GatewayBed.StartAsync(
            _folder,
            authority,
            [new("grpc", Url("https", "localhost", _service.Port("grpcTls")), Path: "conformance.Echo")]);
        GrpcTlsPort = _grpcTls.TlsPort;
    }

    /// <summary>Skips the test when the service could not be started for want of node or its packages.</summary>
    internal void Need()
    {
        Tools.NeedPackage("ws");
        Assert.NotNull(_gateway);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var one in new IAsyncDisposable?[] { _gateway, _grpcTls, _service })
        {
            if (one is not null)
            {
                await one.DisposeAsync();
            }
        }

        _folder?.Dispose();
    }

    private GatewayBed? _grpcTls;

    private static string Url(string scheme, string host, int port) => $"{scheme}://{host}:{port.ToString(CultureInfo.InvariantCulture)}";
}
