namespace Gateway.Cli.Planning;

/// <summary>What a finding is about, in words.</summary>
internal static class PlanSubject
{
    /// <summary>All of it.</summary>
    public const string Gateway = "gateway";

    /// <summary>A cluster, with the requests of its routes.</summary>
    public static string Cluster(string? name) => $"cluster {name}";

    /// <summary>A route.</summary>
    public static string Route(string? name) => $"route {name}";
}
