using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Gateway.Configuration.Model;

namespace Gateway.Health;

/// <summary>
/// Sends single probes to one destination, each over a new connection: a probe proves that one can still be made, and never waits behind
/// traffic. When to probe is the loop's decision.
/// </summary>
internal sealed class Prober : IDisposable
{
    private const int BodyLimit = 64 * 1024;

    /// <summary>A probe that ended this long after its own deadline says more about us than about the destination.</summary>
    private static readonly TimeSpan OurDelay = TimeSpan.FromMilliseconds(500);

    /// <summary>How often an http destination that speaks HTTP/1.1 is looked at for HTTP/2 while requests need it.</summary>
    private static readonly TimeSpan LookForHttp2Every = TimeSpan.FromSeconds(60);

    private readonly Destination _destination;
    private readonly TimeProvider _time;
    private readonly bool _isTls;
    private readonly EndPoint _at;
    private readonly DestinationConnector _connector;
    private readonly HttpMessageInvoker _client;
    private TimeSpan _timeout = TimeSpan.FromSeconds(1);
    private bool _spokeHttp11;

    // How far the exchange under way has come: what it is, should it run out of time now.
    private volatile FailureCause _timesOutIn;
    private long? _lookedForHttp2At;

    public Prober(Destination destination, TimeProvider time)
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
            ConnectCallback = async (_, cancellationToken) =>
            {
                // Half of the probe's time, so that the response of the last address that is tried still has the other half.
                var socket = await _connector.ConnectAsync(_at, _timeout / 2, cancellationToken).ConfigureAwait(false);
                _timesOutIn = FailureCause.TlsTimeout;
                return new NetworkStream(socket, ownsSocket: true);
            },
            PlaintextStreamFilter = (context, _) =>
            {
                _timesOutIn = FailureCause.HeadersTimeout;
                return ValueTask.FromResult(context.PlaintextStream);
            },
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = TlsTrust.Validate },
            MaxResponseHeadersLength = 32,
            MaxResponseDrainSize = 0,
        });
        _isTls = string.Equals(destination.Url.Scheme, Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// One probe. Never throws, but for <paramref name="cancellationToken"/>; whatever else goes wrong is a failed probe.
    /// </summary>
    public async Task<ProbeResult> ProbeAsync(ProbeConfig probe, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        _timeout = probe.Timeout;
        using var deadline = new CancellationTokenSource(probe.Timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var answer = await AskAsync(probe, deadline.Token, both.Token).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var duration = _time.GetElapsedTime(started);
        return answer with { Duration = duration, OurFault = answer.OurFault || (answer.Outcome == ProbeOutcome.TimedOut && duration > probe.Timeout + OurDelay) };
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    // Without TLS nothing is negotiated, and what serves gRPC there often speaks HTTP/2 alone: it answers HTTP/1.1 with a 400 or not in
    // HTTP. Until a destination has spoken HTTP/1.1, a probe that met this asks once more in HTTP/2.
    private async Task<ProbeResult> AskAsync(ProbeConfig probe, CancellationToken deadline, CancellationToken both)
    {
        var asked = _destination.SpeaksHttp2Alone;
        var first = await ExchangeAsync(probe, asked, deadline, both).ConfigureAwait(false);
        if (asked)
        {
            // The server that took its place may speak another protocol: the next probe finds out.
            _destination.SpeaksHttp2Alone = first.Outcome != ProbeOutcome.Broken;
            return first;
        }

        var isUnclear = first.Outcome == ProbeOutcome.Broken || first.Status == (int)HttpStatusCode.BadRequest;
        _spokeHttp11 |= !isUnclear && first.Status > 0;
        await LookForHttp2Async(probe, first, deadline, both).ConfigureAwait(false);
        if (!isUnclear || _spokeHttp11 || _isTls)
        {
            return first;
        }

        var second = await ExchangeAsync(probe, http2: true, deadline, both).ConfigureAwait(false);
        _destination.SpeaksHttp2Alone = second.Status > 0;
        return second.Status > 0 ? second : first;
    }

    // A destination may speak HTTP/2 beside HTTP/1.1; that is looked for only once requests need it, and not at each probe.
    private async Task LookForHttp2Async(ProbeConfig probe, ProbeResult first, CancellationToken deadline, CancellationToken both)
    {
        if (!first.Passed || _isTls || !_destination.Http2Wanted || (_lookedForHttp2At is { } looked && _time.GetElapsedTime(looked) < LookForHttp2Every))
        {
            return;
        }

        _lookedForHttp2At = _time.GetTimestamp();
        var found = await ExchangeAsync(probe, http2: true, deadline, both).ConfigureAwait(false);
        _destination.FoundHttp2(found.Status > 0);
    }

    private async Task<ProbeResult> ExchangeAsync(ProbeConfig probe, bool http2, CancellationToken deadline, CancellationToken both)
    {
        var status = 0;
        _timesOutIn = FailureCause.ConnectTimeout;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, AddressOf(_destination.Url, probe.Path))
            {
                Version = _isTls || http2 ? HttpVersion.Version20 : HttpVersion.Version11,
                VersionPolicy = http2 ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower,
            };
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue(new ProductHeaderValue("gateway-probe")));
            request.Headers.ConnectionClose = true;
            request.Headers.Host = _destination.HostName;
            using var response = await _client.SendAsync(request, both).ConfigureAwait(false);
            status = (int)response.StatusCode;
            _timesOutIn = FailureCause.BodyTimeout;
            if (_isTls)
            {
                _destination.NegotiatesHttp11 = response.Version.Major == 1;
            }

            if (status < probe.ExpectStatusFrom || status > probe.ExpectStatusTo)
            {
                if (probe.ExpectsDefault && IsOfGrpc(response))
                {
                    return new ProbeResult(ProbeOutcome.Passed, default, status);
                }

                return new ProbeResult(ProbeOutcome.WrongStatus, default, status);
            }

            return new ProbeResult(await BodyPassesAsync(response, probe.ExpectBody, both).ConfigureAwait(false) ? ProbeOutcome.Passed : ProbeOutcome.WrongBody, default, status);
        }
        catch (Exception) when (deadline.IsCancellationRequested)
        {
            return new ProbeResult(ProbeOutcome.TimedOut, default, status, Cause: _timesOutIn);
        }
        catch (Exception e) when (LocalFailure.Is(e))
        {
            return new ProbeResult(ProbeOutcome.NotReached, default, status, OurFault: true);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
            || e.InnerException is SocketException or AuthenticationException)
        {
            return new ProbeResult(ProbeOutcome.NotReached, default, status, Cause: FailureCauses.Of(e));
        }
        catch (Exception e)
        {
            // Whatever it was (a reset, garbage instead of HTTP, a cancelled loop): no good response came, and a prober never dies of it.
            var cause = FailureCauses.Of(e);
            return new ProbeResult(ProbeOutcome.Broken, default, status, Cause: cause == FailureCause.Closed && status > 0 ? FailureCause.Truncated : cause);
        }
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
    internal static Uri AddressOf(Uri destination, string path)
    {
        var left = destination.GetLeftPart(UriPartial.Path).TrimEnd('/');
        return new Uri(left + (path.StartsWith('/') ? path : "/" + path), UriKind.Absolute);
    }

    // The body is read to its end or to 64 KiB, even when no text is expected: a body that hangs is an ill destination, one of 10 MB is not
    // our memory's business.
    private static async Task<bool> BodyPassesAsync(HttpResponseMessage response, string? expected, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BodyLimit);
        try
        {
            var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                var length = await body.ReadAtLeastAsync(buffer.AsMemory(0, BodyLimit), BodyLimit, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                return string.IsNullOrEmpty(expected) || buffer.AsSpan(0, length).IndexOf(Encoding.UTF8.GetBytes(expected)) >= 0;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
