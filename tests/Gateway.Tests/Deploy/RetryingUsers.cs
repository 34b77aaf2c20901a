using System.Net;
using Gateway.Tests.Support;

namespace Gateway.Tests.Deploy;

/// <summary>
/// Users who ask 20 times a second, each over a connection of its own, and who connect again when that fails or nothing comes
/// for a second, as browsers do.
/// </summary>
internal sealed class RetryingUsers : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan GivesUpAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Try = TimeSpan.FromSeconds(1);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        PooledConnectionLifetime = TimeSpan.Zero,
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromMilliseconds(500)
    })
    { Timeout = Try };
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _asking = [];
    private readonly Task _sending;
    private int _sent;
    private int _answered;
    private int _retries;

    public RetryingUsers(string url) => _sending = SendAsync(url);

    /// <summary>Questions so far.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <summary>Those with a good response.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>How often somebody had to ask again.</summary>
    public int Retries => Volatile.Read(ref _retries);

    /// <summary>Awaits so many responses.</summary>
    public Task AnsweredAsync(int count) =>
        Eventually.BeTrueAsync(() => Answered >= count, TimeSpan.FromSeconds(40), $"{count} responses have come");

    /// <summary>No more questions; those that were asked are waited for.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _sending;
        await Task.WhenAll(_asking);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task SendAsync(string url)
    {
        using var timer = new PeriodicTimer(Every, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                Interlocked.Increment(ref _sent);
                _asking.Add(AskAsync(url));
            }
        }
        catch (OperationCanceledException)
        {
            // Enough was asked.
        }
    }

    private async Task AskAsync(string url)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < GivesUpAfter)
        {
            try
            {
                using var response = await _http.GetAsync(url);
                if (response.StatusCode == HttpStatusCode.OK
                    && (await response.Content.ReadAsStringAsync()).Contains("\"u1\"", StringComparison.Ordinal))
                {
                    Interlocked.Increment(ref _answered);
                }

                return;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                Interlocked.Increment(ref _retries);
                await Task.Delay(Every, TimeProvider.System, CancellationToken.None);
            }
        }
    }
}
