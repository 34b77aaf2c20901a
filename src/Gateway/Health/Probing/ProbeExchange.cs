using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;
using Gateway.Health.Model;
using Gateway.Health.Rules;

namespace Gateway.Health.Probing;

/// <summary>
/// What a probe does with a destination, over a new connection each time: an HTTP request, a connection alone, or a call of gRPC.
/// </summary>
internal sealed class ProbeExchange : IDisposable
{
    private readonly Destination _destination;
    private readonly DestinationConnector _connector;
    private readonly HttpMessageInvoker _client;
    private readonly TimeProvider _time;
    private EndPoint _at;
    private int? _port;
    private TimeSpan _timeout = TimeSpan.FromSeconds(1);

    // How far the exchange under way has come: what it is, should it run out of time now.
    private volatile FailureCause _timesOutIn;
    private int _status;
    private long _startedAt;

    public ProbeExchange(Destination destination, TimeProvider time)
    {
        _destination = destination;
        _time = time;
        _at = DestinationConnector.EndPointOf(destination.Url);
        _connector = new DestinationConnector(time);
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            PooledConnectionLifetime = TimeSpan.Zero,

            // The destination's own address: the message's has no zone.
            ConnectCallback = async (context, cancellationToken) =>
            {
                // Half of the probe's time, so that the response of the last address that is tried still has the other half.
                var socket = await _connector.ConnectAsync(_at, _timeout / 2, cancellationToken).ConfigureAwait(false);
                _timesOutIn = FailureCause.TlsTimeout;
                var stream = new NetworkStream(socket, ownsSocket: true);
                return destination.Tls is { } own
                    ? await own.SecureAsync(stream, context.InitialRequestMessage, cancellationToken).ConfigureAwait(false)
                    : stream;
            },
            PlaintextStreamFilter = (context, _) =>
            {
                Connected = time.GetElapsedTime(_startedAt);
                var shown = (context.PlaintextStream as SslStream)?.RemoteCertificate as X509Certificate2;
                CertificateEndsAt = shown is null ? null : new DateTimeOffset(shown.NotAfter);
                _timesOutIn = FailureCause.HeadersTimeout;
                return ValueTask.FromResult(context.PlaintextStream);
            },
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = TlsTrust.Validate },
            MaxResponseHeadersLength = 32,
            MaxResponseDrainSize = 0,
        });
        IsTls = string.Equals(destination.Url.Scheme, Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The destination is an https one.</summary>
    public bool IsTls { get; }

    /// <summary>When the certificate ends that the destination showed last; null: it showed none.</summary>
    public DateTimeOffset? CertificateEndsAt { get; private set; }

    /// <summary>How long the last exchange's connection took, TLS included; zero: it is not known.</summary>
    public TimeSpan Connected { get; private set; }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    /// <summary>One exchange. Never throws; whatever goes wrong is a failed probe.</summary>
    /// <param name="probe">What is asked, and what is expected.</param>
    /// <param name="http2">In HTTP/2, whatever the destination offers.</param>
    /// <param name="deadline">The probe's time is over.</param>
    /// <param name="both">That, or the prober ends.</param>
    public async Task<ProbeResult> RunAsync(ProbeConfig probe, bool http2, CancellationToken deadline, CancellationToken both)
    {
        _timeout = probe.Timeout;
        if (_port != probe.Port)
        {
            _port = probe.Port;
            _at = DestinationConnector.EndPointOf(AddressOf(_destination.Url, "/", probe.Port));
        }

        _status = 0;
        _timesOutIn = FailureCause.ConnectTimeout;
        (_startedAt, Connected) = (_time.GetTimestamp(), TimeSpan.Zero);
        try
        {
            return probe.Type switch
            {
                ProbeType.Tcp => await ConnectAsync(both).ConfigureAwait(false),
                ProbeType.Grpc => await CallHealthAsync(probe, both).ConfigureAwait(false),
                _ => await RequestAsync(probe, http2, both).ConfigureAwait(false),
            };
        }
        catch (Exception) when (deadline.IsCancellationRequested)
        {
            return new ProbeResult(ProbeOutcome.TimedOut, default, _status, Cause: _timesOutIn);
        }
        catch (Exception e) when (LocalFailure.Is(e))
        {
            return new ProbeResult(ProbeOutcome.NotReached, default, _status, OurFault: true);
        }
        catch (Exception e) when (e is SocketException or AuthenticationException
            || (e is HttpRequestException http && IsOfConnecting(http)))
        {
            return new ProbeResult(ProbeOutcome.NotReached, default, _status, Cause: FailureCauses.Of(e));
        }
        catch (Exception e)
        {
            // Whatever it was (a reset, garbage instead of HTTP, a cancelled loop): no good response came, and a prober never dies of it.
            var cause = FailureCauses.Of(e);
            return new ProbeResult(ProbeOutcome.Broken, default, _status, Cause: cause == FailureCause.Closed
                && _status > 0 ? FailureCause.Truncated : cause);
        }
    }

    private static bool IsOfConnecting(HttpRequestException e) =>
        e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError
        || e.InnerException is SocketException or AuthenticationException;

    private async Task<ProbeResult> ConnectAsync(CancellationToken both)
    {
        using var socket = await _connector.ConnectAsync(_at, _timeout, both).ConfigureAwait(false);
        if (IsTls)
        {
            _timesOutIn = FailureCause.TlsTimeout;
            var stream = new NetworkStream(socket, ownsSocket: false);
            await using (stream.ConfigureAwait(false))
            {
                var tls = new SslStream(stream, leaveInnerStreamOpen: true);
                await using (tls.ConfigureAwait(false))
                {
                    var host = HostName.Of(_destination.HostName ?? _destination.Url.Authority).ToString();
                    var options = _destination.Tls?.OptionsFor(host, protocols: null)
                        ?? new SslClientAuthenticationOptions
                        {
                            TargetHost = host,
                            RemoteCertificateValidationCallback = TlsTrust.Validate
                        };
                    await tls.AuthenticateAsClientAsync(options, both).ConfigureAwait(false);
                }
            }
        }

        return new ProbeResult(ProbeOutcome.Passed, default);
    }

    private async Task<ProbeResult> CallHealthAsync(ProbeConfig probe, CancellationToken both)
    {
        using var request = Message(probe, HttpMethod.Post, GrpcHealth.Path, http2: true);
        request.Content = new ByteArrayContent(GrpcHealth.RequestFor(probe.Service));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.Add("TE", "trailers");
        using var response = await _client.SendAsync(request, both).ConfigureAwait(false);
        _status = (int)response.StatusCode;
        _timesOutIn = FailureCause.BodyTimeout;
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new ProbeResult(ProbeOutcome.WrongStatus, default, _status);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(GrpcHealth.LongestResponse);
        try
        {
            var body = await response.Content.ReadAsStreamAsync(both).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                var length = await body.ReadAtLeastAsync(
                    buffer.AsMemory(0, GrpcHealth.LongestResponse),
                    GrpcHealth.LongestResponse,
                    throwOnEndOfStream: false,
                    both).ConfigureAwait(false);
                var said = response.TrailingHeaders.TryGetValues(GrpcHealth.Status, out var trailer)
                    || response.Headers.TryGetValues(GrpcHealth.Status, out trailer) ? trailer.First() : null;
                var cause = GrpcHealth.Judge(said, buffer.AsSpan(0, length));
                return cause == FailureCause.None
                    ? new ProbeResult(ProbeOutcome.Passed, default, _status)
                    : new ProbeResult(ProbeOutcome.WrongBody, default, _status, Cause: cause);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private HttpRequestMessage Message(ProbeConfig probe, HttpMethod method, string path, bool http2)
    {
        var request = new HttpRequestMessage(method, AddressOf(_destination.Url, path, probe.Port))
        {
            Version = IsTls || http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = http2 ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower,
        };
        if (!probe.Headers.Any(static header => string.Equals(header.Name, "User-Agent", StringComparison.OrdinalIgnoreCase)))
        {
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue(new ProductHeaderValue("gateway-probe")));
        }

        foreach (var header in probe.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(header.Name, header.Value))
            {
                // It describes a body, such as Content-Type: an empty one carries it.
                request.Content ??= new ByteArrayContent([]);
                request.Content.Headers.TryAddWithoutValidation(header.Name, header.Value);
            }
        }

        request.Headers.ConnectionClose = true;
        request.Headers.Host = probe.Host ?? _destination.HostName;
        return request;
    }

    private async Task<ProbeResult> RequestAsync(ProbeConfig probe, bool http2, CancellationToken both)
    {
        using var request = Message(probe, new HttpMethod(probe.Method), probe.Path, http2);
        using var response = await _client.SendAsync(request, both).ConfigureAwait(false);
        _status = (int)response.StatusCode;
        _timesOutIn = FailureCause.BodyTimeout;
        if (IsTls && probe.Port is null)
        {
            _destination.NegotiatesHttp11 = response.Version.Major == 1;
        }

        if (_status < probe.ExpectStatusFrom || _status > probe.ExpectStatusTo)
        {
            return new ProbeResult(probe.ExpectsDefault
                && IsOfGrpc(response) ? ProbeOutcome.Passed : ProbeOutcome.WrongStatus, default, _status);
        }

        var cause = await ProbeBody.JudgeAsync(response, probe, both).ConfigureAwait(false);
        return new ProbeResult(cause == FailureCause.None ? ProbeOutcome.Passed : ProbeOutcome.WrongBody, default, _status, Cause: cause);
    }

    /// <summary>
    /// A server that speaks gRPC alone has no page to ask for, and says so: 415 is about the content of a request (RFC 9110, section
    /// 15.5.16), which a GET has not, so that no web server says it to a probe. Such a response shows that the server works. One from 500
    /// on shows that it does not.
    /// </summary>
    private static bool IsOfGrpc(HttpResponseMessage response) =>
        response.Version.Major == 2 && response.StatusCode < HttpStatusCode.InternalServerError
        && (response.StatusCode == HttpStatusCode.UnsupportedMediaType
            || response.Headers.NonValidated.Contains("grpc-status")
            || response.Content.Headers.ContentType?.MediaType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true);

    /// <summary>
    /// The probe's address: the destination's, its path and then the probe's path; a query in the probe's path stays one.
    /// </summary>
    /// <param name="port">In place of the destination's own.</param>
    internal static Uri AddressOf(Uri destination, string path, int? port = null)
    {
        var left = destination.GetLeftPart(UriPartial.Path).TrimEnd('/');
        var address = new Uri(left + (path.StartsWith('/') ? path : "/" + path), UriKind.Absolute);
        return port is { } other && other != address.Port ? new UriBuilder(address) { Port = other }.Uri : address;
    }
}
