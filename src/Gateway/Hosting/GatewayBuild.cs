using System.Reflection;

namespace Gateway.Hosting;

/// <summary>Which build of the gateway runs.</summary>
internal static class GatewayBuild
{
    /// <summary>The version's three numbers.</summary>
    public static string Version { get; } = typeof(GatewayBuild).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>The source's revision, which the build appends to the version as in 0.1.0+4f2c….</summary>
    public static string Revision { get; } =
        typeof(GatewayBuild).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')
            is [_, { Length: > 0 } revision] ? revision : "unknown";
}
