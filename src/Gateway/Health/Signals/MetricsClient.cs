using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Gateway.Health.Model;
using Gateway.Health.Probing;

namespace Gateway.Health.Signals;

/// <summary>
/// Reads a destination's metrics over a connection of its own, never a request's: a page of metrics that is slow holds up nothing but
/// the next reading of it.
/// </summary>
internal sealed class MetricsClient : IDisposable
{
    /// <summary>A longer page is not read.</summary>
    public const int MostBytes = 4 * 1024 * 1024;

    private readonly Destination _destination;
    private readonly int? _port;
    private readonly HttpMessageInvoker _client;
    private readonly ArrayBufferWriter<byte> _body = new();

    public MetricsClient(Destination destination, int? port, TimeSpan timeout, TimeProvider time)
    {
        _destination = destination;
        _port = port;
        _client = new HttpMessageInvoker(SignalHttp.HandlerFor(destination, port, timeout, time));
    }

    /// <summary>The page; it is valid until the next call. Throws what an HTTP client throws.</summary>
    /// <exception cref="HttpRequestException">No page came.</exception>
    /// <exception cref="UnreadableMetricsException">It is none that is read.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var isAlone = _destination.SpeaksHttp2Alone && _port is null;
        using var request = new HttpRequestMessage(HttpMethod.Get, ProbeExchange.AddressOf(_destination.Url, path, _port))
        {
            Version = isAlone ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = isAlone ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrHigher,
        };
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue(new ProductHeaderValue("gateway-signals")));
        request.Headers.TryAddWithoutValidation("Accept", "text/plain;version=0.0.4,application/json;q=0.9,*/*;q=0.1");
        request.Headers.Host = _destination.HostName;
        using var response = await _client.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new UnreadableMetricsException(string.Create(CultureInfo.InvariantCulture, $"status {(int)response.StatusCode}"));
        }

        if (response.Content.Headers.ContentEncoding.Any(static coding => !coding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
        {
            throw new UnreadableMetricsException("it is compressed, which was not asked for");
        }

        _body.ResetWrittenCount();
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            int read;
            while ((read = await body.ReadAsync(_body.GetMemory(16 * 1024), cancellationToken).ConfigureAwait(false)) > 0)
            {
                _body.Advance(read);
                if (_body.WrittenCount > MostBytes)
                {
                    throw new UnreadableMetricsException("more than 4 MiB");
                }
            }
        }

        return _body.WrittenMemory;
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
