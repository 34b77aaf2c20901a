namespace Gateway.Configuration.Routing;

/// <summary>
/// The routing services. <c>run</c>, a reload, <c>check</c> and <c>explain</c> use this one registration, so that
/// what is accepted is what runs.
/// </summary>
internal static class GatewayRouting
{
    /// <summary>ASP.NET's routing with every inline constraint of it; <c>regex</c> is <see cref="RegexConstraint"/>.</summary>
    public static IServiceCollection AddGatewayRouting(this IServiceCollection services) =>
        services.AddRoutingCore()
            .AddSingleton<MatcherPolicy, ConditionIndex>()
            .AddSingleton<MatcherPolicy, ConditionPolicy>()
            .Configure<RouteOptions>(static options => options.SetParameterPolicy<RegexConstraint>("regex"));
}
