using Gateway.Configuration.Model;
using Gateway.Health.Kubernetes;
using Gateway.Health.Model;
using Gateway.Health.Probing;

namespace Gateway.Cli;

/// <summary>Looks up once what the name of a destination stands for, as the running gateway would.</summary>
/// <param name="kubernetes">Reads Services of Kubernetes.</param>
/// <param name="time">The clock.</param>
internal sealed class NameChecks(KubernetesServices kubernetes, TimeProvider time)
{
    /// <summary>Its endpoints; without any, what is wrong.</summary>
    public async Task<(IReadOnlyList<ResolvedEndpoint> Found, string? Problem)> LookUpAsync(
        DestinationConfig destination, CancellationToken cancellationToken)
    {
        if (destination.Kubernetes is { } service)
        {
            try
            {
                var resolved = await kubernetes.ReadAsync(service, cancellationToken);
                return (resolved.Endpoints, resolved.Endpoints.Count > 0 ? null : resolved.Problem ?? "no pod of it is ready");
            }
            catch (KubernetesException e)
            {
                return ([], e.Message);
            }
        }

        var found = destination.IsService
            ? (await new ServiceResolver().ResolveAsync(destination.Url.DnsSafeHost, time, cancellationToken)).Endpoints
            : NameResolver.Of(await NameResolver.ResolveAsync(destination.Url.DnsSafeHost, time, cancellationToken)).Endpoints;
        return (found, found.Count > 0 ? null : FailureCauses.WordsOf(FailureCause.NameNotFound));
    }
}
