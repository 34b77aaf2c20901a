namespace Gateway.Drills.Processes;

/// <summary>Where the built programs of this repository are.</summary>
internal static class Repository
{
    /// <summary>The folder of Gateway.sln: from the environment's GATEWAY_ROOT, else searched upwards from this program.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>"Release" or "Debug": what this program itself was built as, and so what it starts.</summary>
    public static string Configuration { get; } =
        AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Debug{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            ? "Debug"
            : "Release";

    /// <summary>The gateway's program.</summary>
    public static string GatewayProgram => Built("src/Gateway", "gateway.dll");

    /// <summary>The gateway as it is run and released, compiled ahead of time; null: <c>./gateway</c> has not made it.</summary>
    public static string? PublishedGateway =>
        Path.Combine(Root, "out", "gateway", "gateway.dll") is var path && File.Exists(path) ? path : null;

    /// <summary>The sample guide's program.</summary>
    public static string GuideProgram => Built("src/SampleGuide", "sample-guide.dll");

    private static string Built(string project, string file)
    {
        var path = Path.Combine(Root, project, "bin", Configuration, "net10.0", file);
        return File.Exists(path)
            ? path
            : throw new FileNotFoundException($"'{path}' is not built. Run 'dotnet build {project} -c {Configuration}' in '{Root}'.", path);
    }

    private static string FindRoot()
    {
        if (Environment.GetEnvironmentVariable("GATEWAY_ROOT") is { Length: > 0 } given)
        {
            return given;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("Gateway.sln was not found above this program. Set GATEWAY_ROOT to the repository's folder.");
    }
}
