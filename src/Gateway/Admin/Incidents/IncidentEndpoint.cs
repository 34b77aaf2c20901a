using Gateway.Admin.Endpoints;
using Gateway.Observability.History;

namespace Gateway.Admin.Incidents;

/// <summary>The incidents that are kept.</summary>
internal sealed class IncidentEndpoint(KeptHistory<Incident> incidents)
{
    /// <summary><c>GET /incidents</c>: the newest first.</summary>
    public Task ListAsync(HttpContext context) => AdminJson.WriteAsync(context, incidents.All.Reverse().Select(IncidentLine.Of).ToArray());

    /// <summary><c>GET /incidents/{name}</c>; <c>latest</c> is the newest.</summary>
    public Task ShowAsync(HttpContext context)
    {
        var (given, all) = ((string?)context.Request.RouteValues["name"] ?? "", incidents.All);
        var found = string.Equals(given, "latest", StringComparison.Ordinal)
            ? all.LastOrDefault()
            : all.LastOrDefault(one => string.Equals(one.Name, given, StringComparison.Ordinal));
        return found is not null ? AdminJson.WriteAsync(context, found)
            : AdminJson.ProblemAsync(context, 404, all.Count == 0
                ? "There was no incident in the time that is kept."
                : $"There is no incident \"{VerbText.Shown(given)}\".{VerbText.Meant(given, [.. all.Select(static one => one.Name)])} The "
                    + $"newest is \"{all[^1].Name}\".");
    }
}
