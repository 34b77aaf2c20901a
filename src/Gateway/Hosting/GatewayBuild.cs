using System.Reflection;

namespace Gateway.Hosting;

/// <summary>Which build of the gateway runs.</summary>
internal static class GatewayBuild
{
    private static readonly string[] Parts =
        (typeof(GatewayBuild).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+');

    /// <summary>The version of the commit's tag, or of the commit after one: 0.1.0, 0.1.0-alpha.0.612.</summary>
    public static string Version => Parts[0];

    /// <summary>The source's revision, which the build appends to the version as in 0.1.0+4f2c….</summary>
    public static string Revision { get; } = Parts is [_, { Length: > 0 } revision] ? revision : "unknown";
}
