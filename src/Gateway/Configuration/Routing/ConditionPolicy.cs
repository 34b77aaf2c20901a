using Gateway.Configuration.Model;
using Microsoft.AspNetCore.Routing.Matching;

namespace Gateway.Configuration.Routing;

/// <summary>
/// Takes the routes out of the running whose headers or query parameters the request does not have. Routes
/// without conditions never come here.
/// </summary>
internal sealed class ConditionPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    /// <inheritdoc/>
    public override int Order => 10;

    /// <inheritdoc/>
    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => HaveConditions(endpoints);

    /// <inheritdoc/>
    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        for (var i = 0; i < candidates.Count; i++)
        {
            if (!candidates.IsValidCandidate(i))
            {
                continue;
            }

            if (candidates[i].Endpoint.Metadata.GetMetadata<RouteConfig>() is { Conditions: { IsEmpty: false } conditions }
                && !RequestConditions.Hold(conditions.AsSpan(), httpContext.Request))
            {
                candidates.SetValidity(i, value: false);
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>True: one of these routes has conditions.</summary>
    public static bool HaveConditions(IReadOnlyList<Endpoint> endpoints)
    {
        for (var i = 0; i < endpoints.Count; i++)
        {
            if (endpoints[i].Metadata.GetMetadata<RouteConfig>() is { Conditions.IsEmpty: false })
            {
                return true;
            }
        }

        return false;
    }
}
