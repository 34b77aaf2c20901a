using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>
/// The API server of a Kubernetes cluster, as far as EndpointSlices go: <c>list</c> and <c>watch</c> of <c>discovery.k8s.io/v1</c> over TLS
/// (HTTP/2 or HTTP/1.1), with resource versions, label selectors, bookmarks, tokens, and errors as Status objects. A version older than its
/// history is gone (410), in the head of a watch or inside of it, as etcd compacts.
/// </summary>
internal sealed class KubernetesServer : IAsyncDisposable
{
    private const string Path = "/apis/discovery.k8s.io/v1/namespaces/";
    private readonly Lock _lock = new();
    private readonly WebApplication _app;
    private readonly PrivateAuthority _authority = new("kubernetes");
    private readonly X509Certificate2 _certificate;
    private readonly Dictionary<string, JsonObject> _slices = new(StringComparer.Ordinal);
    private readonly List<(long Version, string Type, string Space, string? Service, JsonObject Object)> _history = [];
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kubernetes-");
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource _cut = new();
    private long _version = 100;
    private long _compacted;

    private KubernetesServer(HttpProtocols protocols, int port)
    {
        _certificate = _authority.Issue("127.0.0.1");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            listen.Protocols = protocols;
            listen.UseHttps(_certificate);
        }));
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    /// <summary>The token that it accepts.</summary>
    public string Token { get; set; } = "first-token";

    /// <summary>A status in place of what was asked for, by verb; null: none.</summary>
    public Func<string, (int Code, string Message)?> Refuse { get; set; } = static _ => null;

    /// <summary>Awaited before each response.</summary>
    public Func<string, Task> Before { get; set; } = static _ => Task.CompletedTask;

    /// <summary>A watch ends by itself after this.</summary>
    public TimeSpan? WatchFor { get; set; }

    /// <summary>Verbs and resource versions that it was asked for, as <c>watch 104</c>.</summary>
    public IReadOnlyList<string> Asked => [.. _asked];

    /// <summary>The protocol of the last request.</summary>
    public string? Protocol { get; private set; }

    /// <summary>Watches that run.</summary>
    public int Watching => Volatile.Read(ref _watching);

    private int _watching;

    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <summary>A folder as a pod has it: token, namespace and authority.</summary>
    public string PodFolder => _folder.FullName;

    /// <summary>The environment of a pod, but that a kubeconfig stands in for the fixed folder.</summary>
    public string? Environment(string name) => name is "KUBECONFIG" ? System.IO.Path.Combine(PodFolder, "kubeconfig") : null;

    public static async Task<KubernetesServer> StartAsync(
        HttpProtocols protocols = HttpProtocols.Http1AndHttp2, string space = "shop", int port = 0)
    {
        var server = new KubernetesServer(protocols, port);
        await server._app.StartAsync();
        await server.WritePodFolderAsync(space);
        return server;
    }

    /// <summary>Writes the token that it accepts now, as the kubelet does.</summary>
    public async Task WritePodFolderAsync(string space)
    {
        await File.WriteAllTextAsync(System.IO.Path.Combine(PodFolder, "token"), Token);
        await File.WriteAllTextAsync(System.IO.Path.Combine(PodFolder, "namespace"), space);
        await File.WriteAllTextAsync(System.IO.Path.Combine(PodFolder, "ca.crt"), _authority.Pem);
        await File.WriteAllTextAsync(System.IO.Path.Combine(PodFolder, "kubeconfig"), $$"""
            apiVersion: v1
            kind: Config
            current-context: test
            contexts: [ { name: test, context: { cluster: test, user: gateway, namespace: {{space}} } } ]
            clusters: [ { name: test, cluster: { server: "https://127.0.0.1:{{Port}}", certificate-authority: ca.crt } } ]
            users: [ { name: gateway, user: { tokenFile: token } } ]
            """);
    }

    /// <summary>Creates a slice, or changes it.</summary>
    public void Put(
        string space, string name, string service, IEnumerable<JsonObject> endpoints, params (string? Name, int Port)[] ports) =>
        Put(space, name, service, "IPv4", endpoints, ports);

    /// <summary>The same of another family.</summary>
    public void Put(
        string space,
        string name,
        string service,
        string addressType,
        IEnumerable<JsonObject> endpoints,
        params (string? Name, int Port)[] ports) => Change($"{space}/{name}", version => new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = space,
                ["resourceVersion"] = version,
                ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = service },
            },
            ["addressType"] = addressType,
            ["endpoints"] = new JsonArray([.. endpoints]),
            ["ports"] = new JsonArray([.. ports.Select(static p => new JsonObject
            {
                ["name"] = p.Name ?? "",
                ["port"] = p.Port,
                ["protocol"] = "TCP",
            })]),
        });

    /// <summary>Deletes a slice.</summary>
    public void Delete(string space, string name) => Change($"{space}/{name}", null);

    /// <summary>Forgets its history, as etcd does: a watch from before begins with 410.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            _compacted = _version;
            _history.Clear();
        }
    }

    /// <summary>Other objects of the cluster change: versions go on, and running watches are told by a bookmark.</summary>
    public void Bookmark() => Change(null, null);

    /// <summary>Cuts every connection that carries a watch, in the middle of a line.</summary>
    public async Task CutAsync()
    {
        await Interlocked.Exchange(ref _cut, new CancellationTokenSource()).CancelAsync();
    }

    /// <summary>Nothing is there any more.</summary>
    public async Task StopAsync()
    {
        await CutAsync();
        using var soon = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(soon.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
        _certificate.Dispose();
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>An endpoint as a pod gives it.</summary>
    public static JsonObject Pod(
        string name, string address, bool? ready = true, bool? serving = null, bool? terminating = null, string? zone = null) => new()
        {
            ["addresses"] = new JsonArray(address),
            ["conditions"] = new JsonObject { ["ready"] = ready, ["serving"] = serving ?? ready, ["terminating"] = terminating ?? false },
            ["targetRef"] = new JsonObject { ["kind"] = "Pod", ["namespace"] = "shop", ["name"] = name },
            ["nodeName"] = "node-1",
            ["zone"] = zone,
        };

    private void Change(string? key, Func<string, JsonObject>? made)
    {
        lock (_lock)
        {
            _version++;
            var version = _version.ToString(CultureInfo.InvariantCulture);
            if (key is null)
            {
                _history.Add((_version, "BOOKMARK", "", null, new JsonObject
                {
                    ["kind"] = "EndpointSlice",
                    ["apiVersion"] = "discovery.k8s.io/v1",
                    ["metadata"] = new JsonObject { ["resourceVersion"] = version },
                    ["addressType"] = "",
                    ["endpoints"] = null,
                    ["ports"] = null,
                }));
            }
            else
            {
                var before = _slices.GetValueOrDefault(key);
                var slice = made?.Invoke(version) ?? (JsonObject)before!.DeepClone();
                slice["metadata"]!["resourceVersion"] = version;
                slice["kind"] = "EndpointSlice";
                slice["apiVersion"] = "discovery.k8s.io/v1";
                _slices.Remove(key);
                if (made is not null)
                {
                    _slices[key] = slice;
                }

                _history.Add((
                    _version,
                    made is null ? "DELETED" : before is null ? "ADDED" : "MODIFIED",
                    key[..key.IndexOf('/', StringComparison.Ordinal)],
                    ServiceOf(slice),
                    slice));
            }

            var waiting = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.SetResult();
        }
    }

    private static string? ServiceOf(JsonObject slice) => (string?)slice["metadata"]!["labels"]!["kubernetes.io/service-name"];

    private async Task HandleAsync(HttpContext context)
    {
        Protocol = context.Request.Protocol;
        var watches = context.Request.Query["watch"] == "true";
        var from = context.Request.Query["resourceVersion"].ToString();
        var verb = watches ? "watch" : "list";
        _asked.Enqueue(watches ? $"watch {from}" : "list");
        await Before(verb);
        var path = context.Request.Path.Value ?? "";
        if (context.Request.Headers.Authorization != $"Bearer {Token}")
        {
            await StatusAsync(context, 401, "Unauthorized", "Unauthorized");
        }
        else if (Refuse(verb) is { } refusal)
        {
            var reason = refusal.Code switch { 403 => "Forbidden", 410 => "Expired", _ => "" };
            await StatusAsync(context, refusal.Code, reason, refusal.Message);
        }
        else if (!path.StartsWith(Path, StringComparison.Ordinal)
            || !path.EndsWith("/endpointslices", StringComparison.Ordinal)
            || context.Request.Query["labelSelector"].ToString().Split('=') is not ["kubernetes.io/service-name", { } service])
        {
            await StatusAsync(context, 404, "NotFound", "the server could not find the requested resource");
        }
        else if (watches)
        {
            await WatchAsync(context, path.Split('/')[5], service, long.Parse(from, CultureInfo.InvariantCulture));
        }
        else
        {
            await ListAsync(context, path.Split('/')[5], service);
        }
    }

    private async Task ListAsync(HttpContext context, string space, string service)
    {
        string text;
        lock (_lock)
        {
            text = new JsonObject
            {
                ["kind"] = "EndpointSliceList",
                ["apiVersion"] = "discovery.k8s.io/v1",
                ["metadata"] = new JsonObject { ["resourceVersion"] = _version.ToString(CultureInfo.InvariantCulture) },
                ["items"] = new JsonArray([.. _slices
                    .Where(s => s.Key.StartsWith($"{space}/", StringComparison.Ordinal) && ServiceOf(s.Value) == service)
                    .Select(static s => s.Value.DeepClone())]),
            }.ToJsonString();
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(text);
    }

    private async Task WatchAsync(HttpContext context, string space, string service, long from)
    {
        context.Response.ContentType = "application/json";
        if (from < Volatile.Read(ref _compacted))
        {
            await WriteAsync(context, "ERROR", StatusOf(410, "Expired", $"too old resource version: {from} ({_compacted})"));
            return;
        }

        await context.Response.StartAsync();
        await context.Response.Body.FlushAsync();
        var cut = Volatile.Read(ref _cut);
        var seconds = double.Parse(context.Request.Query["timeoutSeconds"].ToString(), CultureInfo.InvariantCulture);
        using var over = new CancellationTokenSource(WatchFor ?? TimeSpan.FromSeconds(seconds));
        using var any = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cut.Token, context.RequestAborted);
        Interlocked.Increment(ref _watching);
        try
        {
            while (true)
            {
                (string Type, JsonObject Object)[] events;
                Task changed;
                lock (_lock)
                {
                    changed = _changed.Task;
                    events = [.. _history
                        .Where(e => e.Version > from && (e.Type == "BOOKMARK" || (e.Space == space && e.Service == service)))
                        .Select(static e => (e.Type, (JsonObject)e.Object.DeepClone()))];
                    from = _version;
                }

                foreach (var (type, found) in events)
                {
                    await WriteAsync(context, type, found);
                }

                await changed.WaitAsync(any.Token);
            }
        }
        catch (OperationCanceledException)
        {
            if (cut.IsCancellationRequested)
            {
                // As a connection is cut: in the middle of a line.
                await context.Response.WriteAsync("{\"type\":\"MODIFIED\",\"object\":{\"kind\"", CancellationToken.None);
                await context.Response.Body.FlushAsync(CancellationToken.None);
                context.Abort();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _watching);
        }
    }

    private static async Task WriteAsync(HttpContext context, string type, JsonObject found)
    {
        await context.Response.WriteAsync(new JsonObject { ["type"] = type, ["object"] = found }.ToJsonString() + "\n");
        await context.Response.Body.FlushAsync();
    }

    private static Task StatusAsync(HttpContext context, int code, string reason, string message)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(StatusOf(code, reason, message).ToJsonString());
    }

    private static JsonObject StatusOf(int code, string reason, string message) => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = message,
        ["reason"] = reason,
        ["code"] = code,
    };
}
