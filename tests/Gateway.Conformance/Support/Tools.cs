using Gateway.Drills.Processes;
using Xunit;

namespace Gateway.Conformance.Support;

/// <summary>Programs that the tests run. A test whose program is missing is skipped and names it.</summary>
internal static class Tools
{
    private static readonly string[] Folders = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/bin", "/sbin"];

    /// <summary>The folder of the scripts and npm packages.</summary>
    public static string Clients { get; } = Path.Combine(Repository.Root, "tests", "Gateway.Conformance", "clients");

    /// <summary>The folder of the programs and configurations of the servers.</summary>
    public static string Programs { get; } = Path.Combine(Repository.Root, "tests", "Gateway.Conformance", "programs");

    /// <summary>The program's path; null when it is not installed.</summary>
    public static string? Find(string program) =>
        Folders.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>The program's path; skips the test when it is not installed.</summary>
    public static string Need(string program)
    {
        var found = Find(program);
        Assert.SkipWhen(found is null, $"{program} is not installed.");
        return found!;
    }

    /// <summary>Skips the test when an npm package is not installed.</summary>
    public static void NeedPackage(string package)
    {
        Need("node");
        Assert.SkipUnless(Directory.Exists(Path.Combine(Clients, "node_modules", package)), $"The npm package {package} is not installed.");
    }
}
