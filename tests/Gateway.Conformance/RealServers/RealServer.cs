using System.Globalization;
using Gateway.Conformance.Support;
using Gateway.Drills.Processes;

namespace Gateway.Conformance.RealServers;

/// <summary>What a server can do beside giving files.</summary>
[Flags]
internal enum Abilities
{
    None = 0,

    /// <summary>Gives back the body of a POST to <c>/echo</c>.</summary>
    Echo = 1,

    /// <summary>Gives <c>/chunked</c> piece by piece, without a length.</summary>
    Chunked = 2,

    /// <summary>Refuses a POST of 5 MB to <c>/upload</c> before it has read it, with 401 or 413.</summary>
    Refusal = 4,
}

/// <summary>A server of another maker: how to start it, how it is spoken to.</summary>
/// <param name="Program">The program that must be installed.</param>
/// <param name="Transports">h1, tls1, tls2, h2c.</param>
/// <param name="Start">Starts it and gives its URL by transport.</param>
/// <param name="ModuleOf">A path that must exist besides the program; null: none.</param>
internal sealed record RealServer(
    string Name,
    string Program,
    string[] Transports,
    Abilities Abilities,
    Func<ServerContext, Task<(IAsyncDisposable Server, IReadOnlyDictionary<string, string> Urls)>> Start,
    string? ModuleOf = null)
{
    private const Abilities Everything = Abilities.Echo | Abilities.Chunked | Abilities.Refusal;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<RealServer> All { get; } =
    [
        new("nginx", "nginx",
        [
            "h1",
            "tls1",
            "tls2",
            "h2c"
        ], Abilities.Refusal, context => ConfiguredAsync(context, "nginx", "nginx.conf", file => ["-c", file])),
        new("apache", "apache2",
        [
            "h1",
            "tls1",
            "tls2"
        ], Abilities.Refusal, context => ConfiguredAsync(context, "apache2", "apache.conf", file => ["-D", "FOREGROUND", "-f", file])),
        new("caddy", "caddy",
        [
            "h1",
            "tls2"
        ], Abilities.Refusal,
        context => ConfiguredAsync(context, "caddy", "Caddyfile", file => ["run", "--adapter", "caddyfile", "--config", file])),
        new(
            "lighttpd",
            "lighttpd",
            ["h1"],
            Abilities.Refusal,
            context => ConfiguredAsync(context, "lighttpd", "lighttpd.conf", file => ["-D", "-f", file])),
        new("node", "node", ["h1", "tls1"], Everything, context => NodeAsync(context, "plain"), ModuleOf: "express"),
        new("express", "node", ["h1", "tls1"], Everything, context => NodeAsync(context, "express"), ModuleOf: "express"),
        new("uvicorn", "uvicorn",
        [
            "h1",
            "tls1"
        ], Everything,
        context => OnPortsAsync(
            context,
            "/usr/bin/python3",
            "--ssl-certfile",
            "--ssl-keyfile",
            port =>
            [
                "-m",
                "uvicorn",
                "--app-dir",
                Tools.Programs,
                "--port",
                port,
                "--log-level",
                "error",
                "--lifespan",
                "off",
                "asgi:app"
            ])),
        new("gunicorn", "gunicorn",
        [
            "h1",
            "tls1"
        ], Everything,
        context => OnPortsAsync(
            context,
            "/usr/bin/gunicorn",
            "--certfile",
            "--keyfile",
            port =>
            [
                "--chdir",
                Tools.Programs,
                "--bind",
                "127.0.0.1:" + port,
                "--workers",
                "2",
                "--threads",
                "4",
                "--log-level",
                "error",
                "wsgi:app"
            ])),
        new(
            "python http.server",
            "python3",
            ["h1"],
            Abilities.None,
            context => OnPortAsync(
                context,
                "/usr/bin/python3",
                port => ["-m", "http.server", "--bind", "127.0.0.1", "--directory", context.Root, port])),
        new("go", "go", ["h1", "tls1", "tls2"], Everything, GoAsync),
        new(
            "php",
            "php",
            ["h1"],
            Abilities.Echo | Abilities.Refusal,
            context => OnPortAsync(context, "php", port => ["-S", "127.0.0.1:" + port, Path.Combine(Tools.Programs, "router.php")])),
        new("kestrel", "dotnet", ["h1", "tls2", "h2c"], Everything, async context =>
        {
            var server = await KestrelServer.StartAsync(context.Root, context.Authority);
            return (server, server.Urls);
        }),
    ];

    /// <summary>The cluster's name for one of its transports.</summary>
    public string Cluster(string transport) => Name.Replace(' ', '-').Replace('.', '-') + "-" + transport;

    private static async Task<(IAsyncDisposable, IReadOnlyDictionary<string, string>)> ConfiguredAsync(
        ServerContext context,
        string program,
        string template,
        Func<string, string[]> arguments)
    {
        int port = FreePorts.Next(), tls = FreePorts.Next(), only1 = FreePorts.Next(), h2c = FreePorts.Next();
        var isRoot = Environment.UserName == "root";
        var text = await File.ReadAllTextAsync(Path.Combine(Tools.Programs, template));
        foreach (var (name, value) in new (string, string)[]
        {
            ("PORT", port.ToString(CultureInfo.InvariantCulture)), ("TLS", tls.ToString(CultureInfo.InvariantCulture)),
            ("H2C", h2c.ToString(CultureInfo.InvariantCulture)),
            ("ONLY1", only1.ToString(CultureInfo.InvariantCulture)),
            ("ROOT", context.Root), ("FOLDER", context.Folder), ("CERTIFICATE", context.Authority.CertificateFile),
            ("KEY", context.Authority.KeyFile),
            ("USER", !isRoot ? "" : program == "nginx" ? "user root;" : "User www-data\nGroup www-data"),
        })
        {
            text = text.Replace("{{" + name + "}}", value, StringComparison.Ordinal);
        }

        var file = Path.Combine(context.Folder, template);
        await File.WriteAllTextAsync(file, text);
        var hasTls = text.Contains(tls.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        var server = new ServerProcess(program, Tools.Find(program)!, arguments(file), hasTls ? [port, tls] : [port]);
        await server.StartAsync();
        return (server, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["h1"] = Url("http", port),
            ["tls1"] = Url("https", only1),
            ["tls2"] = Url("https", tls),
            ["h2c"] = Url("http", h2c)
        });
    }

    private static async Task<(IAsyncDisposable, IReadOnlyDictionary<string, string>)> OnPortAsync(
        ServerContext context,
        string program,
        Func<string, string[]> arguments)
    {
        var port = FreePorts.Next();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ROOT"] = context.Root,
            ["PYTHONDONTWRITEBYTECODE"] = "1"
        };
        var server = new ServerProcess(program, Tools.Find(program)
            ?? program, arguments(port.ToString(CultureInfo.InvariantCulture)), [port], environment);
        await server.StartAsync();
        return (server, new Dictionary<string, string>(StringComparer.Ordinal) { ["h1"] = Url("http", port) });
    }

    /// <summary>As above, and once more over TLS.</summary>
    private static async Task<(IAsyncDisposable, IReadOnlyDictionary<string, string>)> OnPortsAsync(
        ServerContext context,
        string program,
        string certificate,
        string key,
        Func<string, string[]> arguments)
    {
        var (clear, clearUrls) = await OnPortAsync(context, program, arguments);
        var (secure, secureUrls) = await OnPortAsync(
            context,
            program,
            port =>
            [
                .. arguments(port)[..^1],
                certificate,
                context.Authority.CertificateFile,
                key,
                context.Authority.KeyFile,
                arguments(port)[^1]
            ]);
        return (new Both(clear, secure), new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["h1"] = clearUrls["h1"],
            ["tls1"] = secureUrls["h1"].Replace("http:", "https:", StringComparison.Ordinal)
        });
    }

    private static async Task<(IAsyncDisposable, IReadOnlyDictionary<string, string>)> NodeAsync(ServerContext context, string which)
    {
        var server = new Origin(which, Tools.Find("node")!,
        [
            Path.Combine(Tools.Clients, "express.mjs"),
            context.Root,
            context.Authority.CertificateFile,
            context.Authority.KeyFile
        ]);
        await server.StartAsync();
        return (server, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["h1"] = Url("http", server.Port(which)),
            ["tls1"] = Url("https", server.Port(which + "1"))
        });
    }

    private static async Task<(IAsyncDisposable, IReadOnlyDictionary<string, string>)> GoAsync(ServerContext context)
    {
        var program = Path.Combine(context.Folder, "go-server");
        var built = await Command.RunAsync(Tools.Find("go")!,
        [
            "build",
            "-o",
            program,
            "main.go"
        ], folder: Tools.Programs,
        environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["GO111MODULE"] = "off", ["CGO_ENABLED"] = "0" });
        if (built.ExitCode != 0)
        {
            throw new InvalidOperationException("go build failed: " + built.Error);
        }

        var server = new Origin("go", program, [context.Root, context.Authority.CertificateFile, context.Authority.KeyFile]);
        await server.StartAsync();
        return (server, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["h1"] = Url("http", server.Port("h1")),
            ["tls1"] = Url("https", server.Port("tls1")),
            ["tls2"] = Url("https", server.Port("tls2"))
        });
    }

    private sealed record Both(IAsyncDisposable One, IAsyncDisposable Other) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await One.DisposeAsync();
            await Other.DisposeAsync();
        }
    }

    private static string Url(string scheme, int port) => $"{scheme}://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}";
}

/// <summary>What a server is started with.</summary>
/// <param name="Root">The folder of the files that it gives.</param>
/// <param name="Folder">A folder of its own for what it writes.</param>
internal sealed record ServerContext(string Root, string Folder, Authority Authority);
