using System.Diagnostics;

namespace Gateway.Hosting;

/// <summary>The sample guides of the demo, each a process of its own.</summary>
/// <param name="root">The root of a clone.</param>
internal sealed class DemoGuides(string root) : IDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(15);

    private readonly List<Process> _guides = [];

    /// <summary>The program of each.</summary>
    public string Program { get; } = Path.Combine(root, "src", "SampleGuide", "bin", "Release", "net10.0", "sample-guide.dll");

    /// <summary>Whether the program is there.</summary>
    public bool IsBuilt => File.Exists(Program);

    /// <summary>In the order of their start.</summary>
    public IReadOnlyList<int> ProcessIds => [.. _guides.Select(static guide => guide.Id)];

    /// <summary>Starts them one after the other; the URL of the one that did not start, null: all did.</summary>
    public async Task<Uri?> StartAsync(IEnumerable<(string Tier, Uri Url)> destinations)
    {
        foreach (var (tier, url) in destinations)
        {
            if (!url.IsLoopback || !await StartAsync(tier, url).WaitAsync(StartsWithin).ConfigureAwait(false))
            {
                return url;
            }
        }

        return null;
    }

    /// <summary>Ends them.</summary>
    public void EndAll()
    {
        foreach (var guide in _guides)
        {
            try
            {
                guide.Kill(entireProcessTree: true);
            }
            catch (InvalidOperationException)
            {
                // It has ended already, perhaps because somebody tried "stop everything".
            }

            guide.Dispose();
        }

        _guides.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => EndAll();

    private async Task<bool> StartAsync(string tier, Uri url)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in new[] { Program, "--port", url.Port.ToString(), "--name", $"{tier}-{url.Port}" })
        {
            start.ArgumentList.Add(argument);
        }

        var guide = Process.Start(start)!;
        _guides.Add(guide);
        while (await guide.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (line.StartsWith("listening on", StringComparison.Ordinal))
            {
                // What else it prints must not fill the pipe and stop it.
                _ = guide.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
                return true;
            }
        }

        return false;
    }
}
