using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Polly;
using Polly.Retry;
using Polly.Timeout;
using Serilog.Core;
using Serilog.Events;

namespace Gateway.Observability.Logging;

/// <summary>
/// Hands log lines to Splunk's HTTP Event Collector, in batches, by a worker of its own. A line that finds the queue full, and a batch that
/// five attempts could not deliver, is dropped and counted; nothing ever waits for Splunk.
/// </summary>
internal sealed class SplunkSink : ILogEventSink, IAsyncDisposable
{
    /// <summary>Lines that may wait.</summary>
    public const int MaxWaiting = 10_000;

    /// <summary>Most lines in one call.</summary>
    public const int MaxBatch = 500;

    private const string CollectorPath = "/services/collector/event";
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan CallWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(3);

    private readonly Channel<LogEvent> _waiting = Channel.CreateBounded<LogEvent>(new BoundedChannelOptions(MaxWaiting)
    {
        SingleReader = true
    });
    private readonly CancellationTokenSource _stopping = new();
    private readonly HttpClient _http;
    private readonly Uri _url;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline _pipeline;
    private readonly JsonLine _line = new();
    private readonly Task _worker;
    private long _dropped;
    private string? _alarm;

    /// <param name="url">The collector's address; without a path, the usual one is added.</param>
    /// <param name="token">Its token.</param>
    /// <param name="time">The clock.</param>
    public SplunkSink(Uri url, string token, TimeProvider time)
    {
        _url = url.AbsolutePath is "/" ? new Uri(url, CollectorPath) : url;
        _time = time;
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1)
        });
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Splunk", token);
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<HttpRequestException>(IsPassing).Handle<TimeoutRejectedException>(),
                MaxRetryAttempts = 4,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(250),
                MaxDelay = TimeSpan.FromSeconds(10),
            })
            .AddTimeout(CallWithin)
            .Build();
        _worker = Task.Run(() => RunAsync(_stopping.Token));
    }

    /// <summary>Lines that never reached Splunk.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Why the newest batch was not taken; null: it was.</summary>
    public string? Alarm => Volatile.Read(ref _alarm);

    /// <inheritdoc/>
    public void Emit(LogEvent logEvent)
    {
        if (!_waiting.Writer.TryWrite(logEvent))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Sends what waits, for three seconds at most.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_waiting.Writer.TryComplete())
        {
            return;
        }

        _stopping.CancelAfter(StopWithin);
        await _worker.ConfigureAwait(false);
        _stopping.Dispose();
        _http.Dispose();
    }

    private static bool IsPassing(HttpRequestException e) =>
        e.StatusCode is null or System.Net.HttpStatusCode.RequestTimeout or System.Net.HttpStatusCode.TooManyRequests
            || (int)e.StatusCode >= 500;

    private async Task RunAsync(CancellationToken stopping)
    {
        var batch = new List<LogEvent>(MaxBatch);
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stopping).ConfigureAwait(false))
            {
                // A moment of patience makes one call of many lines; at the end there is no wait.
                if (_waiting.Reader.Count < MaxBatch && !_waiting.Reader.Completion.IsCompleted)
                {
                    await Task.WhenAny(_waiting.Reader.Completion, Task.Delay(Gather, _time, stopping)).ConfigureAwait(false);
                }

                batch.Clear();
                while (batch.Count < MaxBatch && _waiting.Reader.TryRead(out var line))
                {
                    batch.Add(line);
                }

                await SendAsync(batch, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The time to stop is over; what still waits is lost and counted.
            Interlocked.Add(ref _dropped, batch.Count + _waiting.Reader.Count);
        }
    }

    private async Task SendAsync(List<LogEvent> batch, CancellationToken stopping)
    {
        try
        {
            var body = Encoding.UTF8.GetBytes(BodyOf(batch));
            await _pipeline.ExecuteAsync(
                async (call, token) =>
                {
                    using var content = new ByteArrayContent(call.body);
                    content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                    using var response = await call._http.PostAsync(call._url, content, token).ConfigureAwait(false);
                    response.EnsureSuccessStatusCode();
                },
                (body, _http, _url),
                stopping).ConfigureAwait(false);
            Volatile.Write(ref _alarm, null);
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutRejectedException or IOException)
        {
            // It cannot be logged: the log would come here. The admin endpoint shows it.
            Interlocked.Add(ref _dropped, batch.Count);
            Volatile.Write(ref _alarm, string.Create(CultureInfo.InvariantCulture,
                $"Splunk at {_url.Host}:{_url.Port} does not take the log ({e.Message}); {Dropped} lines were dropped so far."));
        }
    }

    private string BodyOf(List<LogEvent> batch)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        foreach (var line in batch)
        {
            text.Write("{\"time\":");
            text.Write((line.Timestamp.ToUnixTimeMilliseconds() / 1000m).ToString("0.000", CultureInfo.InvariantCulture));
            text.Write(",\"host\":");
            text.Write(JsonSerializer.Serialize(Environment.MachineName));
            text.Write(",\"source\":\"gateway\",\"sourcetype\":\"gateway:json\",\"event\":");
            _line.Format(line, text);
            text.Write("}\n");
        }

        return text.ToString();
    }
}
