using Gateway.Observability.History;

namespace Gateway.Admin.Incidents;

/// <summary>An incident in the list.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Cluster">The cluster.</param>
/// <param name="At">Its begin.</param>
/// <param name="Until">Its end; null: it goes on, or the gateway ended before.</param>
/// <param name="IsCutOff">The gateway ended before the incident did.</param>
/// <param name="Users">Whom it hurt, in a sentence.</param>
internal sealed record IncidentLine(string Name, string Cluster, DateTimeOffset At, DateTimeOffset? Until, bool IsCutOff, string Users)
{
    /// <summary>Of an incident.</summary>
    public static IncidentLine Of(Incident incident) =>
        new(incident.Name, incident.Cluster, incident.At, incident.Until, incident.IsCutOff, incident.Users);
}
