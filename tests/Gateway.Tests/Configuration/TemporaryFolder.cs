namespace Gateway.Tests.Configuration;

/// <summary>A folder of its own for one test, removed with all it holds.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("gateway-test-").FullName;

    public string Write(string name, string text)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>The files that the sample's steps name.</summary>
    public TemporaryFolder WithStaticFiles()
    {
        foreach (var file in new[]
        {
            "recommend.json",
            "guide-offline.html",
            "chat-offline.sse",
            "trending/any.json",
            "trending/shoes.json"
        })
        {
            Write("static/" + file, "x");
        }

        return this;
    }

    /// <summary>The repository's sample with its static files here.</summary>
    public string WriteSample(string name = "gateway.yaml") =>
        Write(
            name,
            File.ReadAllText(Repository.PathOf("config", "gateway.yaml")).Replace(
                "staticFallback: static-fallback",
                $"staticFallback: \"{Path}/static\"",
                StringComparison.Ordinal));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
