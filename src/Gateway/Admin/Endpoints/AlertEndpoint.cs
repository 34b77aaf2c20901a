using System.Buffers;
using Gateway.Admin.Status;
using Gateway.Health.Signals;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Admin.Endpoints;

/// <summary><c>POST /signals/alerts</c>: what Alertmanager's webhook sends.</summary>
internal static class AlertEndpoint
{
    /// <summary>Takes the alerts, and says how many concern a destination.</summary>
    public static async Task TakeAsync(HttpContext context, AdminSources sources)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = AlertmanagerJson.MostBytes;
        }

        var body = new ArrayBufferWriter<byte>(4096);
        try
        {
            int count;
            while ((count = await context.Request.Body.ReadAsync(body.GetMemory(4096), context.RequestAborted)) > 0)
            {
                body.Advance(count);
            }
        }
        catch (BadHttpRequestException e)
        {
            await AdminJson.ProblemAsync(
                context,
                e.StatusCode,
                "The body could not be read. At most 1 MiB is taken: set max_alerts of Alertmanager's webhook, like 500.");
            return;
        }

        if (AlertmanagerJson.Read(body.WrittenMemory, out var problem) is not { } alerts)
        {
            await AdminJson.ProblemAsync(context, StatusCodes.Status400BadRequest, problem!);
            return;
        }

        await AdminJson.WriteAsync(context, new { Alerts = alerts.Length, Taken = sources.Alerts(alerts) });
    }
}
