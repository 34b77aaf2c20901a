using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Text.Json;
using Gateway.Configuration.Values;
using Gateway.Health.Probing;

namespace Gateway.Health.Kubernetes;

/// <summary>
/// Lists and watches the EndpointSlices of Services. Every exchange has a deadline, and a connection that died is noticed by pings.
/// </summary>
internal sealed class KubernetesApi : IDisposable
{
    /// <summary>A list, or the head of a watch, takes no longer.</summary>
    public static readonly TimeSpan ListWithin = TimeSpan.FromSeconds(10);

    /// <summary>The API server ends a watch by itself after this, so that none is silent for ever.</summary>
    public static readonly TimeSpan WatchFor = TimeSpan.FromMinutes(2);

    // A list of 5,000 endpoints has 2 MB.
    private const int LongestList = 32 * 1024 * 1024;
    private static readonly List<SslApplicationProtocol> Protocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    private readonly ClusterAccess _access;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;

    public KubernetesApi(ClusterAccess access, TimeProvider time)
    {
        _access = access;
        _time = time;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(3),
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            ConnectCallback = ConnectAsync,
        });
    }

    /// <summary>The namespace of a Service that names none.</summary>
    public string Namespace => _access.Namespace;

    /// <summary>All slices of a Service.</summary>
    /// <exception cref="KubernetesException">The API server does not give them.</exception>
    public async Task<EndpointSliceList> ListAsync(string space, string service, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(ListWithin, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        return await AskedAsync(space, async () =>
        {
            using var response = await SendAsync(PathOf(space, service), either.Token).ConfigureAwait(false);
            await ApiRefusal.ThrowIfRefusedAsync(response, space, either.Token).ConfigureAwait(false);
            await response.Content.LoadIntoBufferAsync(LongestList, either.Token).ConfigureAwait(false);
            var stream = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
            return await JsonSerializer.DeserializeAsync(
                stream, KubernetesJson.Default.EndpointSliceList, either.Token).ConfigureAwait(false)
                ?? throw new KubernetesException("The API server gave no list");
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What happens to the slices of a Service from a version on, until the API server ends it.</summary>
    /// <param name="space">The Service's namespace.</param>
    /// <param name="service">The Service.</param>
    /// <param name="version">What is known already.</param>
    /// <param name="opened">Told once the watch runs.</param>
    /// <param name="change">Told each event, and whether another one is there already.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="KubernetesException">The watch ends otherwise.</exception>
    public async Task WatchAsync(
        string space,
        string service,
        string version,
        Func<ValueTask> opened,
        Func<SliceEvent, bool, ValueTask> change,
        CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(ListWithin, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        await AskedAsync(space, async () =>
        {
            var path = string.Create(
                CultureInfo.InvariantCulture,
                $"{PathOf(space, service)}&watch=true&allowWatchBookmarks=true&resourceVersion={Uri.EscapeDataString(version)}"
                    + $"&timeoutSeconds={WatchFor.TotalSeconds:0}");
            using var response = await SendAsync(path, either.Token).ConfigureAwait(false);
            await ApiRefusal.ThrowIfRefusedAsync(response, space, either.Token).ConfigureAwait(false);
            // From here on it may be silent for as long as it lasts.
            deadline.CancelAfter(WatchFor + ListWithin);
            await opened().ConfigureAwait(false);
            var stream = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
            await WatchStream.ReadAsync(PipeReader.Create(stream), change, either.Token).ConfigureAwait(false);
            return true;
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static string PathOf(string space, string service) =>
        $"/apis/discovery.k8s.io/v1/namespaces/{Uri.EscapeDataString(space)}/endpointslices"
            + $"?labelSelector=kubernetes.io%2Fservice-name%3D{Uri.EscapeDataString(service)}";

    private async Task<HttpResponseMessage> SendAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_access.Server, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("gateway", productVersion: null));
        if (_access.Token is { } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token());
        }

        return await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    // What may go wrong between here and there, in words.
    private async Task<T> AskedAsync<T>(string space, Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new KubernetesException($"The API server at {_access.Server.Authority} does not respond in time", e);
        }
        catch (JsonException e)
        {
            throw new KubernetesException(
                $"What the API server at {_access.Server.Authority} gives for namespace '{space}' cannot be read", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            var words = e.InnerException is KubernetesException own ? own.Message
                : TlsTrust.CauseOf(e) is var cause and not Model.FailureCause.None ? Model.FailureCauses.WordsOf(cause)
                : e.GetBaseException().Message;
            throw new KubernetesException(
                $"The API server at {_access.Server.Authority} cannot be reached: {words.TrimEnd('.')}", e);
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken).ConfigureAwait(false);
            var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = _access.ServerName ?? context.DnsEndPoint.Host.Trim('[', ']'),
                    ApplicationProtocols = Protocols,
                    ClientCertificates = _access.Certificate is { } own ? [own()] : null,
                    CertificateChainPolicy = _access.Authorities is { } authorities ? PemFiles.Trusting(authorities()) : null,
                    RemoteCertificateValidationCallback = TlsTrust.Validate,
                },
                cancellationToken).ConfigureAwait(false);
            return tls;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
