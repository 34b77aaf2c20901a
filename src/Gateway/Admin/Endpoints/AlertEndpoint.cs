using Gateway.Admin.Status;
using Gateway.Health.Signals;

namespace Gateway.Admin.Endpoints;

/// <summary><c>POST /signals/alerts</c>: what Alertmanager's webhook sends.</summary>
internal static class AlertEndpoint
{
    /// <summary>Takes the alerts, and says how many concern a destination.</summary>
    public static async Task TakeAsync(HttpContext context, AdminSources sources)
    {
        if (await RequestBody.ReadAsync(context, AlertmanagerJson.MostBytes, "set max_alerts of Alertmanager's webhook, like 500")
            is not { } body)
        {
            return;
        }

        if (AlertmanagerJson.Read(body, out var problem) is not { } alerts)
        {
            await AdminJson.ProblemAsync(context, StatusCodes.Status400BadRequest, problem!);
            return;
        }

        await AdminJson.WriteAsync(context, new { Alerts = alerts.Length, Taken = sources.Alerts(alerts) });
    }
}
