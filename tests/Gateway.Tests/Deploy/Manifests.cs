using System.Diagnostics;
using Xunit;
using YamlDotNet.RepresentationModel;
using Files = Gateway.Tests.Configuration.Repository;

namespace Gateway.Tests.Deploy;

/// <summary>Manifests of Kubernetes as trees of YAML.</summary>
internal static class Manifests
{
    private const string Kubectl = "/usr/bin/kubectl";

    /// <summary>What kubectl makes of a folder of <c>deploy/kubernetes</c>, without a warning.</summary>
    public static async Task<YamlMappingNode[]> BuildAsync(string folder)
    {
        Assert.SkipUnless(File.Exists(Kubectl), "kubectl is not installed: see https://kubernetes.io/docs/tasks/tools/.");
        return Read(await RunAsync(Kubectl, "kustomize", Files.PathOf("deploy", "kubernetes", folder)));
    }

    /// <summary>The output of a program that must succeed and complain about nothing.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false
        })!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("", await errors);
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    /// <summary>All documents of a text that hold anything.</summary>
    public static YamlMappingNode[] Read(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(static document => document.RootNode).OfType<YamlMappingNode>()];
    }

    /// <summary>Kind and name.</summary>
    public static string IdOf(YamlMappingNode manifest) => $"{Text(manifest, "kind")}/{Text(manifest, "metadata", "name")}";

    /// <summary>A node without its style and the order of its keys, which tools change.</summary>
    /// <param name="node">The node.</param>
    /// <param name="change">What a scalar at a path counts as; null: it is left out.</param>
    /// <param name="path">Where the node is.</param>
    public static string Canonical(YamlNode node, Func<string, string, string?>? change = null, string path = "") => node switch
    {
        YamlMappingNode mapping =>
            $"{{"
                + $"{string.Join(", ", mapping.Children
                    .Select(entry => (entry.Key, Value: Canonical(entry.Value, change,
                    $"{path}/{entry.Key.ToString().Replace('/', '~')}")))
                    .Where(static e => e.Value.Length > 0)
                    .Select(static e => $"{e.Key}: {e.Value}")
                    .Order(StringComparer.Ordinal))}}}",
        YamlSequenceNode list => $"[{string.Join(", ", list.Children.Select(item => Canonical(item, change, path)))}]",
        _ => change is null ? $"'{node}'" : change(path, node.ToString()) is { } text ? $"'{text}'" : "",
    };

    /// <summary>The items of a list.</summary>
    public static IEnumerable<YamlNode> Items(YamlNode node, string key) => ((YamlSequenceNode)node[key]).Children;

    /// <summary>True: the mapping has the key.</summary>
    public static bool Has(YamlNode node, string key) => ((YamlMappingNode)node).Children.ContainsKey(key);

    /// <summary>The text at a path.</summary>
    public static string Text(YamlNode node, params ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            node = node[step];
        }

        return node.ToString();
    }

    /// <summary>True: every label that the selector wants is there.</summary>
    public static bool Selects(YamlNode selector, YamlNode labels) =>
        ((YamlMappingNode)selector).Children.All(pair => ((YamlMappingNode)labels).Children.TryGetValue(pair.Key, out var value)
            && value.Equals(pair.Value));
}
