using System.Runtime.CompilerServices;

namespace SampleGuide;

/// <summary>Stands before the guide and plays the fault in force. <c>/faults</c> itself is never hit.</summary>
internal sealed class FaultMiddleware(RequestDelegate next, FaultSwitch faults, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private readonly ConditionalWeakTable<Fault, SemaphoreSlim> _workers = [];

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Path == "/faults")
        {
            await SwitchAsync(context);
            return;
        }

        Fault? fault = faults.ForRequest(isHealth: context.Request.Path == "/health");
        if (fault is null)
        {
            await next(context);
            return;
        }

        switch (fault.Mode)
        {
            case "500" or "503" or "429":
                await FailAsync(context, fault);
                break;
            case "slow":
                if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
                {
                    await TakeForGoodAsync(context);
                }

                await TakeTimeAsync(context, fault);
                await next(context);
                break;
            case "hang":
                await HangAsync(context);
                break;
            case "reset" when fault.When is "request" or "accept":
                await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
                BreakConnection.ByReset(context);
                break;
            case "garbage":
                await BreakConnection.ByGarbageAsync(context);
                break;
            default:
                var body = new FaultyBody(context, context.Response.Body, fault, time);
                context.Response.Body = body;
                await next(context);
                await body.FinishAsync();
                break;
        }
    }

    private async Task TakeTimeAsync(HttpContext context, Fault fault)
    {
        if (fault.Workers is not { } count)
        {
            await Task.Delay(fault.Delay, time, context.RequestAborted);
            return;
        }

        SemaphoreSlim workers = _workers.GetValue(fault, _ => new SemaphoreSlim(count));
        await workers.WaitAsync(context.RequestAborted);
        try
        {
            await Task.Delay(fault.Delay, time, context.RequestAborted);
        }
        finally
        {
            workers.Release();
        }
    }

    /// <summary>
    /// An order that has arrived is executed even if its client has given up by then: a second copy of it, sent elsewhere, must show.
    /// </summary>
    private async Task TakeForGoodAsync(HttpContext context)
    {
        // Before the first reading: the client may have gone right after its last byte.
        context.RequestAborted = lifetime.ApplicationStopping;
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        body.Position = 0;
        context.Request.Body = body;
    }

    private static Task FailAsync(HttpContext context, Fault fault)
    {
        if (fault.RetryAfter is { } seconds && fault.Mode is not "500")
        {
            context.Response.Headers.RetryAfter = seconds.ToString();
        }

        return GuideResponse.JsonAsync(context, int.Parse(fault.Mode), json =>
        {
            json.WriteStartObject();
            json.WriteString("error", "The guide fails on purpose.");
            json.WriteEndObject();
        });
    }

    private async Task HangAsync(HttpContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, end.Token);
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }

    private async Task SwitchAsync(HttpContext context)
    {
        if (HttpMethods.IsPut(context.Request.Method))
        {
            using var reader = new StreamReader(context.Request.Body);
            if (!Fault.TryRead(await reader.ReadToEndAsync(context.RequestAborted), out Fault fault, out string problem))
            {
                await GuideResponse.JsonAsync(context, StatusCodes.Status400BadRequest, json =>
                {
                    json.WriteStartObject();
                    json.WriteString("error", problem);
                    json.WriteEndObject();
                });
                return;
            }

            faults.Current = fault;
        }
        else if (HttpMethods.IsDelete(context.Request.Method))
        {
            faults.Current = Fault.None;
        }

        await GuideResponse.JsonAsync(context, StatusCodes.Status200OK, faults.Current.Write);
    }
}
