using Gateway.Fallback;
using Gateway.Forwarding.Attempts;
using Gateway.LastGood;
using Gateway.LastGood.Policy;
using Gateway.Observability;

namespace Gateway.Forwarding.Responses;

/// <summary>
/// A request whose live response may be late (<c>after</c> of the step <c>lastGood</c>): then the user gets the stored one, and the
/// attempts go on behind it, to renew what is stored.
/// </summary>
internal sealed class LateResponse : IDisposable
{
    // One for all requests: the response's end has to be seen, while the request goes on behind it.
    private static readonly Func<object, Task> EndConnection = static state =>
    {
        var late = (LateResponse)state;
        if (late._givesStored)
        {
            late._context.Response.Headers.Connection = "close";
        }

        return Task.CompletedTask;
    };

    private readonly HttpContext _context;
    private readonly CompiledRoute _plan;
    private readonly RequestExecution _exchange;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenRegistration _clientLeft;
    private bool _givesStored;

    private LateResponse(HttpContext context, CompiledRoute plan, RequestExecution exchange)
    {
        _context = context;
        _plan = plan;
        _exchange = exchange;
        _stop = new CancellationTokenSource(Timeout.InfiniteTimeSpan, plan.Traffic.Time);
        _clientLeft = context.RequestAborted.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop);
        Running = exchange.RunAsync(_stop.Token).AsTask();
    }

    /// <summary>The attempts.</summary>
    public Task<Attempt?> Running { get; }

    /// <summary>Begins the attempts.</summary>
    public static LateResponse Begin(HttpContext context, CompiledRoute plan, RequestExecution exchange) => new(context, plan, exchange);

    /// <summary>Waits for the attempts; true: they took too long, and the user has the stored response.</summary>
    /// <param name="fallback">Has the stored responses.</param>
    /// <param name="after">How long.</param>
    public async ValueTask<bool> GiveStoredAsync(FallbackChain fallback, TimeSpan after)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        if (await Task.WhenAny(Running, Task.Delay(after, _plan.Traffic.Time, waiting.Token)).ConfigureAwait(false) == Running
            || _stop.IsCancellationRequested)
        {
            await waiting.CancelAsync().ConfigureAwait(false);
            return false;
        }

        BeginStored();
        return await EndStoredAsync(await fallback.GiveLastGoodAsync(_context, _plan.Route).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>Gives the user a young stored response at once; false: nothing of it was written.</summary>
    public async ValueTask<bool> GiveYoungAsync(SharedReads shared, RequestRecord record, FoundResponse young)
    {
        BeginStored();
        return await EndStoredAsync(await shared.GiveAsync(
            _context,
            record,
            young,
            StoredUse.StaleWhileRevalidate).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private void BeginStored()
    {
        if (HttpProtocol.IsHttp11(_context.Request.Protocol) || HttpProtocol.IsHttp10(_context.Request.Protocol))
        {
            _context.Response.OnStarting(EndConnection, this);
        }

        _givesStored = true;
    }

    private async ValueTask<bool> EndStoredAsync(bool isGiven)
    {
        _givesStored = isGiven;
        if (isGiven)
        {
            await _context.Response.CompleteAsync().ConfigureAwait(false);
        }

        return isGiven;
    }

    /// <summary>
    /// Lets the store learn from the live response, once it comes, and lets go of it. That the client leaves ends
    /// nothing any more; never throws.
    /// </summary>
    /// <param name="stopping">The gateway stops: so does this.</param>
    public async Task RenewAsync(CancellationToken stopping)
    {
        var ending = stopping.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop);
        try
        {
            await _clientLeft.DisposeAsync().ConfigureAwait(false);
            _stop.CancelAfter(_plan.ClusterConfig.Timeouts.Total);
            if (await Running.ConfigureAwait(false) is { } winner)
            {
                await _plan.Relay.LearnAsync(_context, winner, _stop.Token).ConfigureAwait(false);
            }

            _exchange.ReturnBody();
        }
        catch (Exception)
        {
            // The stored response stays as it is; why there is no live one is told by its attempts.
        }
        finally
        {
            await ending.DisposeAsync().ConfigureAwait(false);
            _stop.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _clientLeft.Dispose();
        _stop.Dispose();
    }
}
