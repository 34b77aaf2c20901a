using Gateway.Configuration;
using Xunit;
using YamlDotNet.RepresentationModel;
using static Gateway.Tests.Deploy.Manifests;
using Files = Gateway.Tests.Configuration.Repository;

namespace Gateway.Tests.Deploy;

/// <summary>
/// The manifests of <c>deploy/kubernetes/</c>: what kubectl makes of them is valid, and fits together and to the gateway.
/// </summary>
[Trait("kind", "process")]
public sealed class KubernetesTests
{
    private const string Overlay = "overlays/production";
    private const string Slices = "examples/endpointslices";

    [Theory]
    [InlineData("base")]
    [InlineData(Overlay)]
    [InlineData(Slices)]
    public async Task Kustomize_IsCleanAndEveryFieldIsKnown(string folder)
    {
        var manifests = await BuildAsync(folder);
        Assert.True(manifests.Length >= 9);
        Assert.Empty(manifests.SelectMany(KubernetesFields.ProblemsOf));
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { port: 80 "
        + "}", "v1/Service.spec.port: there is no such field.")]
    [InlineData("apiVersion: v1\nkind: Service\nspec: { ports: [ { name: a } ] }", "v1/Service.spec.ports[0].port: is missing.")]
    [InlineData("apiVersion: v1\nkind: Service\nspec: { ports: [ { port: \"80\" } ] "
        + "}", "v1/Service.spec.ports[0].port: \"80\" is no number.")]
    [InlineData("apiVersion: v1\nkind: Service\nspec: { selector: { tier: 1 } }", "v1/Service.spec.selector.tier: \"1\" is no string.")]
    [InlineData("apiVersion: v1\nkind: Sevice", "v1/Sevice: unknown; add it to kubernetes-fields.mjs.")]
    public void Fields_AreJudged(string manifest, string problem) =>
        Assert.Equal([problem], Read(manifest).SelectMany(KubernetesFields.ProblemsOf));

    /// <summary>What every installation has brings no secret, no other service and no one's pages along.</summary>
    [Fact]
    public async Task Base_HasNeitherSecretNorRedisNorSampleData()
    {
        var manifests = await BuildAsync("base");
        Assert.DoesNotContain(manifests, static m => Text(m, "kind") == "Secret");
        Assert.Equal(["ConfigMap/gateway-config"], manifests.Where(static m => Text(m, "kind") == "ConfigMap").Select(IdOf));
        Assert.DoesNotContain(manifests, static m => Canonical(m).Contains("redis", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Users come in by the Service that the base makes.</summary>
    [Theory]
    [InlineData("ingress.yaml")]
    [InlineData("httproute.yaml")]
    public async Task Example_IsKnownAndNamesTheService(string file)
    {
        var example =
            Assert.Single(Read(await File.ReadAllTextAsync(
                Files.PathOf("deploy", "kubernetes", "examples", file),
                TestContext.Current.CancellationToken)));
        Assert.Empty(KubernetesFields.ProblemsOf(example));
        var service = (await BuildAsync("base")).Single(static m => IdOf(m) is "Service/gateway");
        var port = Items(service["spec"], "ports").Single();
        var rule = Items(example["spec"], "rules").Single();
        if (Text(example, "kind") is "Ingress")
        {
            var backend = Items(rule["http"], "paths").Single()["backend"]["service"];
            Assert.Equal(("gateway", Text(port, "name")), (Text(backend, "name"), Text(backend, "port", "name")));
        }
        else
        {
            var backend = Items(rule, "backendRefs").Single();
            Assert.Equal(("gateway", Text(port, "port")), (Text(backend, "name"), Text(backend, "port")));
        }
    }

    /// <summary>The gateway gets the rights that it uses, and no other, and a way to what it asks.</summary>
    [Fact]
    public async Task EndpointSlices_AccountMayReadThemAndNothingElse()
    {
        var manifests = (await BuildAsync(Slices)).ToDictionary(IdOf, StringComparer.Ordinal);
        var rule = Assert.Single(Items(manifests["Role/gateway"], "rules"));
        var binding = manifests["RoleBinding/gateway"];
        var pod = manifests["Deployment/gateway"]["spec"]["template"]["spec"];
        var subject = Assert.Single(Items(binding, "subjects"));

        Assert.Equal(["discovery.k8s.io"], Items(rule, "apiGroups").Select(static n => n.ToString()));
        Assert.Equal(["endpointslices"], Items(rule, "resources").Select(static n => n.ToString()));
        Assert.Equal(["get", "list", "watch"], Items(rule, "verbs").Select(static n => n.ToString()));
        Assert.Equal(("Role", "gateway"), (Text(binding, "roleRef", "kind"), Text(binding, "roleRef", "name")));
        Assert.Equal(
            ("ServiceAccount", Text(pod, "serviceAccountName"), Text(manifests["ServiceAccount/gateway"], "metadata", "namespace")),
            (Text(subject, "kind"), Text(subject, "name"), Text(subject, "namespace")));
        Assert.Equal("true", Text(pod, "automountServiceAccountToken"));
        Assert.Contains(
            Items(manifests["NetworkPolicy/gateway"]["spec"], "egress"),
            static rule => !Has(rule, "to") && Items(rule, "ports").Any(static p => Text(p, "port") is "443"));
        Assert.Contains(Items(Items(pod, "containers").Single(), "env"), static e => Text(e, "name") is "GATEWAY_ZONE");
    }

    [Fact]
    public async Task Overlay_NamesWhatExists()
    {
        var manifests = await BuildAsync(Overlay);
        YamlNode Of(string kind, string name) => manifests.Single(m => Text(m, "kind") == kind && Text(m, "metadata", "name") == name);
        var pod = Of("Deployment", "gateway")["spec"]["template"];
        var container = Assert.Single(Items(pod["spec"], "containers"));
        var ports = Items(container, "ports").ToDictionary(
            static p => Text(p, "name"),
            static p => Text(p, "containerPort"),
            StringComparer.Ordinal);

        // 1. Whoever selects the gateway selects its pods; the guides' Services select others, and resolve to pods.
        foreach (var selector in new[]
        {
            Of("Service", "gateway")["spec"]["selector"], Of("Service", "gateway-operators")["spec"]["selector"],
            Of("Deployment", "gateway")["spec"]["selector"]["matchLabels"],
            Of("PodDisruptionBudget", "gateway")["spec"]["selector"]["matchLabels"],
            Of("NetworkPolicy", "gateway")["spec"]["podSelector"]["matchLabels"],
        })
        {
            Assert.True(Selects(selector, pod["metadata"]["labels"]), $"{selector} does not select the gateway.");
        }

        foreach (var guide in new[] { "guide-primary", "guide-standby" })
        {
            Assert.False(Selects(Of("Service", guide)["spec"]["selector"], pod["metadata"]["labels"]), $"{guide} selects the gateway.");
            Assert.Equal("None", Text(Of("Service", guide), "spec", "clusterIP"));
        }

        Assert.True(Selects(
            Of("ServiceMonitor", "gateway")["spec"]["selector"]["matchLabels"],
            Of("Service", "gateway-operators")["metadata"]["labels"]));

        // Rules and dashboards select this job: without jobLabel it would have the Service's name.
        Assert.Equal(
            "gateway",
            Text(Of("Service", "gateway-operators"), "metadata", "labels", Text(Of("ServiceMonitor", "gateway"), "spec", "jobLabel")));
        Assert.Equal(
            ("Deployment", "gateway"),
            (Text(
                Of("HorizontalPodAutoscaler", "gateway"),
                "spec",
                "scaleTargetRef",
                "kind"), Text(Of("HorizontalPodAutoscaler", "gateway"), "spec", "scaleTargetRef", "name")));

        // 2. Ports by name.
        foreach (var service in new[] { "gateway", "gateway-operators" })
        {
            Assert.All(Items(Of("Service", service)["spec"], "ports"), port => Assert.Contains(Text(port, "targetPort"), ports.Keys));
        }

        Assert.All([
            "startupProbe",
            "readinessProbe",
            "livenessProbe"
        ], probe => Assert.Contains(Text(container, probe, "httpGet", "port"), ports.Keys));
        Assert.All(
            Items(Of("ServiceMonitor", "gateway")["spec"], "endpoints"),
            e => Assert.Contains(Items(Of("Service", "gateway-operators")["spec"], "ports"), p => Text(p, "name") == Text(e, "port")));

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

    [Theory]
    [InlineData("base")]
    [InlineData(Overlay)]
    [InlineData(Slices)]
    public async Task Configuration_IsValidAndFitsThePod(string built)
    {
        var manifests = await BuildAsync(built);
        var pod = manifests.Single(static m => Text(m, "kind") == "Deployment")["spec"]["template"]["spec"];
        var container = Items(pod, "containers").Single();
        var folder = Directory.CreateTempSubdirectory("gateway-kubernetes-");
        try
        {
            // 1. The maps become folders, as the kubelet makes them.
            var mounts = Items(container, "volumeMounts").ToDictionary(
                static m => Text(m, "name"),
                static m => Text(m, "mountPath"),
                StringComparer.Ordinal);
            foreach (var volume in Items(pod, "volumes").Where(static v => Has(v, "configMap")))
            {
                var map = manifests.SingleOrDefault(m => IdOf(m) == $"ConfigMap/{Text(volume, "configMap", "name")}");
                Assert.True(map is not null || Has(volume["configMap"], "optional"), $"{volume} names a map that is not there.");
                var at = Directory.CreateDirectory(folder.FullName + mounts[Text(volume, "name")]);
                foreach (var (file, content) in ((YamlMappingNode?)map?["data"])?.Children.ToArray() ?? [])
                {
                    await File.WriteAllTextAsync(
                        Path.Combine(at.FullName, file.ToString()),
                        content.ToString().Replace(
                            "/etc/gateway-static",
                            $"{folder.FullName}/etc/gateway-static",
                            StringComparison.Ordinal),
                        TestContext.Current.CancellationToken);
                }
            }

            // 2. The command that the container runs finds a valid file.
            var command = Items(container, "args").Select(static a => a.ToString()).ToArray();
            Assert.Equal(["run", "--config"], command[..2]);
            var loaded = ConfigLoader.Load(folder.FullName + command[2], static name => name is "GATEWAY_ADMIN_TOKEN"
                ? "a-token-that-is-long-enough"
                : null);
            Assert.Empty(loaded.Problems.Select(static p => p.ToString()));
            var config = loaded.Config!;

            // 3. Ports, folders and times are those of the pod.
            var ports = Items(container, "ports").Select(static p => Text(p, "containerPort")).ToArray();
            Assert.Equal([$"{config.Listen.Single().Url.Port}", $"{config.Admin.Url.Port}"], ports);
            Assert.Equal(mounts["state"], config.State);
            Assert.True(
                int.Parse(Text(pod, "terminationGracePeriodSeconds")) >= config.Drain.TotalSeconds + 35,
                "The kubelet kills before requests in flight have finished.");
            Assert.Equal(["guide-primary", "guide-standby"], config.Clusters
                .Single().Tiers
                .SelectMany(static t => t.Destinations)
                .Select(static d => d.Kubernetes?.Service ?? d.Url.Host));
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
        var groups = new[]
        {
            "gateway.rules.yml",
            "gateway.alerts.yml"
        }.SelectMany(static file => Items(Read(File.ReadAllText(Files.PathOf("deploy", "prometheus", file)))[0], "groups"));

        Assert.Equal(groups.Select(static g => Canonical(g)), Items(shipped["spec"], "groups").Select(static g => Canonical(g)));
    }
}
