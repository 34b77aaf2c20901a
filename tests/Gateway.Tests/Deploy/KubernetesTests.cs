using Gateway.Configuration;
using Gateway.Drills.Processes;
using Xunit;
using YamlDotNet.RepresentationModel;
using Files = Gateway.Tests.Configuration.Repository;

namespace Gateway.Tests.Deploy;

/// <summary>The manifests of <c>deploy/kubernetes/</c>: what kubectl makes of them is valid, and fits together and to the gateway.</summary>
public sealed class KubernetesTests
{
    private const string Kubectl = "/usr/bin/kubectl";
    private const string Overlay = "overlays/production";

    [Theory]
    [InlineData("base")]
    [InlineData(Overlay)]
    public async Task Kustomize_IsCleanAndEveryFieldIsKnown(string folder)
    {
        var manifests = await BuildAsync(folder);
        Assert.True(manifests.Length >= 9);
        Assert.Empty(manifests.SelectMany(KubernetesFields.ProblemsOf));
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { port: 80 }", "v1/Service.spec.port: there is no such field.")]
    [InlineData("apiVersion: v1\nkind: Service\nspec: { ports: [ { name: a } ] }", "v1/Service.spec.ports[0].port: is missing.")]
    [InlineData("apiVersion: v1\nkind: Service\nspec: { ports: [ { port: \"80\" } ] }", "v1/Service.spec.ports[0].port: \"80\" is no number.")]
    [InlineData("apiVersion: v1\nkind: Service\nspec: { selector: { tier: 1 } }", "v1/Service.spec.selector.tier: \"1\" is no string.")]
    [InlineData("apiVersion: v1\nkind: Sevice", "v1/Sevice: unknown; add it to kubernetes-fields.mjs.")]
    public void Fields_AreJudged(string manifest, string problem) =>
        Assert.Equal([problem], Read(manifest).SelectMany(KubernetesFields.ProblemsOf));

    [Fact]
    public async Task Overlay_NamesWhatExists()
    {
        var manifests = await BuildAsync(Overlay);
        YamlNode Of(string kind, string name) => manifests.Single(m => Text(m, "kind") == kind && Text(m, "metadata", "name") == name);
        var pod = Of("Deployment", "gateway")["spec"]["template"];
        var container = Assert.Single(Items(pod["spec"], "containers"));
        var ports = Items(container, "ports").ToDictionary(static p => Text(p, "name"), static p => Text(p, "containerPort"), StringComparer.Ordinal);

        // 1. Whoever selects the gateway selects its pods; the guides' Services select others, and resolve to pods.
        foreach (var selector in new[]
        {
            Of("Service", "gateway")["spec"]["selector"], Of("Service", "gateway-operators")["spec"]["selector"], Of("Deployment", "gateway")["spec"]["selector"]["matchLabels"],
            Of("PodDisruptionBudget", "gateway")["spec"]["selector"]["matchLabels"], Of("NetworkPolicy", "gateway")["spec"]["podSelector"]["matchLabels"],
        })
        {
            Assert.True(Selects(selector, pod["metadata"]["labels"]), $"{selector} does not select the gateway.");
        }

        foreach (var guide in new[] { "guide-primary", "guide-standby" })
        {
            Assert.False(Selects(Of("Service", guide)["spec"]["selector"], pod["metadata"]["labels"]), $"{guide} selects the gateway.");
            Assert.Equal("None", Text(Of("Service", guide), "spec", "clusterIP"));
        }

        Assert.True(Selects(Of("ServiceMonitor", "gateway")["spec"]["selector"]["matchLabels"], Of("Service", "gateway-operators")["metadata"]["labels"]));

        // Rules and dashboards select this job: without jobLabel it would have the Service's name.
        Assert.Equal("gateway", Text(Of("Service", "gateway-operators"), "metadata", "labels", Text(Of("ServiceMonitor", "gateway"), "spec", "jobLabel")));
        Assert.Equal(("Deployment", "gateway"), (Text(Of("HorizontalPodAutoscaler", "gateway"), "spec", "scaleTargetRef", "kind"), Text(Of("HorizontalPodAutoscaler", "gateway"), "spec", "scaleTargetRef", "name")));

        // 2. Ports by name.
        foreach (var service in new[] { "gateway", "gateway-operators" })
        {
            Assert.All(Items(Of("Service", service)["spec"], "ports"), port => Assert.Contains(Text(port, "targetPort"), ports.Keys));
        }

        Assert.All(["startupProbe", "readinessProbe", "livenessProbe"], probe => Assert.Contains(Text(container, probe, "httpGet", "port"), ports.Keys));
        Assert.All(Items(Of("ServiceMonitor", "gateway")["spec"], "endpoints"), e => Assert.Contains(Items(Of("Service", "gateway-operators")["spec"], "ports"), p => Text(p, "name") == Text(e, "port")));

        // 3. Maps, secrets and volumes.
        var volumes = Items(pod["spec"], "volumes").ToDictionary(static v => Text(v, "name"), StringComparer.Ordinal);
        Assert.All(Items(container, "volumeMounts"), mount => Assert.Contains(Text(mount, "name"), volumes.Keys));
        foreach (var map in volumes.Values.Where(static v => Has(v, "configMap")))
        {
            Of("ConfigMap", Text(map, "configMap", "name"));
        }

        var secret = (YamlMappingNode)Of("Secret", "gateway")["stringData"];
        Assert.All(Items(container, "env"), env => Assert.True(Has(secret, Text(env, "valueFrom", "secretKeyRef", "key"))));
    }

    [Fact]
    public async Task Configuration_IsValidAndFitsThePod()
    {
        var manifests = await BuildAsync(Overlay);
        var pod = manifests.Single(static m => Text(m, "kind") == "Deployment")["spec"]["template"]["spec"];
        var container = Items(pod, "containers").Single();
        var folder = Directory.CreateTempSubdirectory("gateway-kubernetes-");
        try
        {
            // 1. The maps become folders, as the kubelet makes them.
            var mounts = Items(container, "volumeMounts").ToDictionary(static m => Text(m, "name"), static m => Text(m, "mountPath"), StringComparer.Ordinal);
            foreach (var volume in Items(pod, "volumes").Where(static v => Has(v, "configMap")))
            {
                var map = manifests.Single(m => Text(m, "kind") == "ConfigMap" && Text(m, "metadata", "name") == Text(volume, "configMap", "name"));
                var at = Directory.CreateDirectory(folder.FullName + mounts[Text(volume, "name")]);
                foreach (var (file, content) in ((YamlMappingNode)map["data"]).Children)
                {
                    await File.WriteAllTextAsync(Path.Combine(at.FullName, file.ToString()), content.ToString().Replace("/etc/gateway-static", $"{folder.FullName}/etc/gateway-static", StringComparison.Ordinal), TestContext.Current.CancellationToken);
                }
            }

            // 2. The command that the container runs finds a valid file.
            var command = Items(container, "args").Select(static a => a.ToString()).ToArray();
            Assert.Equal(["run", "--config"], command[..2]);
            var loaded = ConfigLoader.Load(folder.FullName + command[2], static name => name is "GATEWAY_ADMIN_TOKEN" ? "a-token-that-is-long-enough" : null);
            Assert.Empty(loaded.Problems.Select(static p => p.ToString()));
            var config = loaded.Config!;

            // 3. Ports, folders and times are those of the pod.
            var ports = Items(container, "ports").Select(static p => Text(p, "containerPort")).ToArray();
            Assert.Equal([$"{config.Listen.Single().Url.Port}", $"{config.Admin.Url.Port}"], ports);
            Assert.Equal(mounts["state"], config.State);
            Assert.True(int.Parse(Text(pod, "terminationGracePeriodSeconds")) >= config.Drain.TotalSeconds + 35, "The kubelet kills before requests in flight have finished.");
            Assert.Equal(["guide-primary", "guide-standby"], config.Clusters.Single().Tiers.SelectMany(static t => t.Destinations).Select(static d => d.Url.Host));
            Assert.All(config.Clusters.Single().Tiers.SelectMany(static t => t.Destinations), static d => Assert.True(d.Resolve));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The rules that the Prometheus operator gets are those that promtool tests.</summary>
    [Fact]
    public async Task PrometheusRule_HasTheRulesOfThePrometheusFolder()
    {
        var shipped = (await BuildAsync(Overlay)).Single(static m => Text(m, "kind") == "PrometheusRule");
        var groups = new[] { "gateway.rules.yml", "gateway.alerts.yml" }.SelectMany(static file => Items(Read(File.ReadAllText(Files.PathOf("deploy", "prometheus", file)))[0], "groups"));

        Assert.Equal(groups.Select(Canonical), Items(shipped["spec"], "groups").Select(Canonical));
    }

    /// <summary>A node without its style and the order of its keys, which kustomize changes.</summary>
    private static string Canonical(YamlNode node) => node switch
    {
        YamlMappingNode mapping => $"{{{string.Join(", ", mapping.Children.Select(static entry => $"{entry.Key}: {Canonical(entry.Value)}").Order(StringComparer.Ordinal))}}}",
        YamlSequenceNode list => $"[{string.Join(", ", list.Children.Select(Canonical))}]",
        _ => node.ToString(),
    };

    private static async Task<YamlMappingNode[]> BuildAsync(string folder)
    {
        Assert.SkipUnless(File.Exists(Kubectl), "kubectl is not installed: see https://kubernetes.io/docs/tasks/tools/.");
        var start = new System.Diagnostics.ProcessStartInfo(Kubectl, ["kustomize", Files.PathOf("deploy", "kubernetes", folder)]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = System.Diagnostics.Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("", await errors);
        Assert.Equal(0, process.ExitCode);
        return Read(output);
    }

    private static YamlMappingNode[] Read(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(static document => (YamlMappingNode)document.RootNode)];
    }

    private static IEnumerable<YamlNode> Items(YamlNode node, string key) => ((YamlSequenceNode)node[key]).Children;

    private static bool Has(YamlNode node, string key) => ((YamlMappingNode)node).Children.ContainsKey(key);

    private static string Text(YamlNode node, params ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            node = node[step];
        }

        return node.ToString();
    }

    private static bool Selects(YamlNode selector, YamlNode labels) =>
        ((YamlMappingNode)selector).Children.All(pair => ((YamlMappingNode)labels).Children.TryGetValue(pair.Key, out var value) && value.Equals(pair.Value));
}
