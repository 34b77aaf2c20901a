using System.Text;
using System.Text.Json;
using Gateway.Admin.Security;
using Gateway.Admin.Status;
using Gateway.Observability.History;

namespace Gateway.Admin.Endpoints;

/// <summary><c>/events</c>: the status as server-sent events, once a second and at once after each entry of the journal.</summary>
internal sealed class EventStream(StatusReader reader, Journal journal, TimeProvider time, CancellationToken stopping)
{
    // Wall screens and operators; more would only slow each other.
    private const int MaxReaders = 20;

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(250);

    private int _readers;

    /// <summary>Writes until the reader leaves, may read no more, or the gateway stops.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _readers) > MaxReaders)
        {
            Interlocked.Decrement(ref _readers);
            await AdminJson.ProblemAsync(context, 503, "Twenty others read these events already. Read \"/status\" instead.");
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        using var changed = new SemaphoreSlim(0, 1);
        using var listening = journal.Listen(() => Signal(changed));
        try
        {
            context.Response.ContentType = "text/event-stream; charset=utf-8";
            while (!end.IsCancellationRequested && AdminGate.MayStillRead(context))
            {
                var json = JsonSerializer.Serialize(reader.Read(), AdminJson.Options);
                await context.Response.WriteAsync($"event: status\ndata: {json}\n\n", Encoding.UTF8, end.Token);
                await context.Response.Body.FlushAsync(end.Token);
                await WaitAsync(changed, end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The reader left or the gateway stops: both are the usual end.
        }
        finally
        {
            Interlocked.Decrement(ref _readers);
        }
    }

    private async Task WaitAsync(SemaphoreSlim changed, CancellationToken end)
    {
        using var pace = new CancellationTokenSource(Pace, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(pace.Token, end);
        try
        {
            await changed.WaitAsync(either.Token);

            // What the rooms show follows what they announce by up to 200 ms.
            await Task.Delay(Settle, time, end);
        }
        catch (OperationCanceledException) when (!end.IsCancellationRequested)
        {
            // A second went by without news.
        }
    }

    private static void Signal(SemaphoreSlim changed)
    {
        try
        {
            changed.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // It is awake already, or the reader has just left.
        }
    }
}
