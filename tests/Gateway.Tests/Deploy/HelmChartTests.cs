using Xunit;
using YamlDotNet.RepresentationModel;
using Files = Gateway.Tests.Configuration.Repository;

namespace Gateway.Tests.Deploy;

/// <summary>The chart of <c>deploy/helm/gateway</c> makes what the kustomize base does, and more where its values say so.</summary>
[Trait("kind", "process")]
public sealed class HelmChartTests
{
    private const string Helm = "/usr/bin/helm";
    private static readonly string Chart = Files.PathOf("deploy", "helm", "gateway");

    [Fact]
    public async Task Defaults_MakeTheManifestsOfTheBase()
    {
        var chart = Render("").ToDictionary(Manifests.IdOf, StringComparer.Ordinal);
        var kustomize = (await Manifests.BuildAsync("base")).ToDictionary(Manifests.IdOf, StringComparer.Ordinal);

        Assert.Equal(kustomize.Keys.Order(StringComparer.Ordinal), chart.Keys.Order(StringComparer.Ordinal));
        foreach (var (id, expected) in kustomize)
        {
            // An installation has a label of its own, and an image with the chart's version; the sample
            // configurations differ in their comments.
            Assert.Equal(Comparable(expected), Comparable(chart[id]));
        }
    }

    [Fact]
    public void Defaults_ConfigurationIsThatOfTheBase()
    {
        var expected = Files.PathOf("deploy", "kubernetes", "base", "config", "gateway.yaml");
        var shipped = Render("").Single(static m => Manifests.IdOf(m) is "ConfigMap/gateway-config")["data"]["gateway.yaml"].ToString();

        Assert.Equal(Manifests.Canonical(Manifests.Read(File.ReadAllText(expected))[0]), Manifests.Canonical(Manifests.Read(shipped)[0]));
    }

    [Theory]
    [InlineData("", 9)]
    [InlineData("secret: { create: true, token: a-token-that-is-long-enough }", 10)]
    [InlineData("networkPolicy: { enabled: false }", 8)]
    [InlineData("ingress: { enabled: true, tlsSecret: certificate, annotations: { a: b } }", 10)]
    [InlineData("httpRoute: { enabled: true, parentRefs: [ { name: shops } ], hostnames: [ guide.shop.example ] }", 10)]
    [InlineData("serviceMonitor: { enabled: true }", 10)]
    [InlineData("endpointSlices: { enabled: true }", 12)]
    [InlineData("guides: null", 7)]
    [InlineData("staticFiles: { page.html: \"<p>\\n</p>\" }\nenv: [ { name: REDIS_PASSWORD, valueFrom: { secretKeyRef: { name: gateway, "
        + "key: redis-password } } } ]", 10)]
    public void Values_EveryFieldIsKnown(string values, int count)
    {
        var manifests = Render(values);

        Assert.Equal(count, manifests.Length);
        Assert.Empty(manifests.SelectMany(KubernetesFields.ProblemsOf));
    }

    /// <summary>What the chart adds for EndpointSlices is what the example of kustomize adds.</summary>
    [Fact]
    public async Task EndpointSlices_MakeTheManifestsOfTheExample()
    {
        var chart = Render("endpointSlices: { enabled: true }").ToDictionary(Manifests.IdOf, StringComparer.Ordinal);
        foreach (var expected in await Manifests.BuildAsync("examples/endpointslices"))
        {
            // The chart leaves namespaces to its installation, and has the label on each object.
            Assert.Equal(Placeless(expected), Placeless(chart[Manifests.IdOf(expected)]));
        }

        static string Placeless(YamlMappingNode manifest)
        {
            var metadata = (YamlMappingNode)manifest["metadata"];
            metadata.Children.Remove(new YamlScalarNode("namespace"));
            metadata.Children.Remove(new YamlScalarNode("labels"));
            return Comparable(manifest);
        }
    }

    [Fact]
    public void Values_SecretWithoutAToken_IsRefused() =>
        Assert.Contains(
            "secret.token is needed",
            Assert.Throws<InvalidOperationException>(static () => Render("secret: { create: true }")).Message,
            StringComparison.Ordinal);

    /// <summary>Two installations in one namespace do not select each other's pods.</summary>
    [Fact]
    public void Release_SelectsItsOwnPodsOnly()
    {
        var manifests = Render("", release: "second");
        Assert.All(
            manifests.Where(static m => Manifests.IdOf(m) is "Service/second" or "Service/second-operators").Select(static m =>
                m["spec"]["selector"]),
            static s => Assert.Equal("second", Manifests.Text(s, "app.kubernetes.io/instance")));
        Assert.All(
            manifests.Where(static m => !Manifests.IdOf(m).StartsWith("Service/guide-", StringComparison.Ordinal)),
            static m => Assert.StartsWith("second", Manifests.Text(m, "metadata", "name"), StringComparison.Ordinal));
    }

    /// <summary>Where the real Helm is installed, what it makes is what this test's reading of the chart makes.</summary>
    [Fact]
    public async Task Helm_MakesTheSame()
    {
        Assert.SkipUnless(File.Exists(Helm), "helm is not installed: see https://helm.sh/docs/intro/install/.");
        var made = Manifests.Read(await Manifests.RunAsync(Helm, "template", "gateway", Chart)).Where(static m => m.Children.Count > 0);

        Assert.Equal(
            Render("").Select(static m => Manifests.Canonical(m)).Order(StringComparer.Ordinal),
            made.Select(static m => Manifests.Canonical(m)).Order(StringComparer.Ordinal));
    }

    private static YamlMappingNode[] Render(string values, string release = "gateway")
    {
        var given = Manifests.Read(values) is [var node] ? node : new YamlMappingNode();
        var root = new YamlMappingNode(
            new KeyValuePair<YamlNode, YamlNode>(
                "Values",
                Merged(Manifests.Read(File.ReadAllText(Path.Combine(Chart, "values.yaml")))[0], given)),
            new KeyValuePair<YamlNode, YamlNode>("Release", new YamlMappingNode("Name", release, "Namespace", "gateway")),
            new KeyValuePair<YamlNode, YamlNode>(
                "Chart",
                new YamlMappingNode(
                    "AppVersion",
                    Manifests.Text(Manifests.Read(File.ReadAllText(Path.Combine(Chart, "Chart.yaml")))[0], "appVersion"))));
        return [.. Directory.GetFiles(Path.Combine(Chart, "templates"))
            .Order(StringComparer.Ordinal)
            .SelectMany(file => Manifests.Read(HelmTemplate.Render(File.ReadAllText(file), root)))];
    }

    // As Helm merges: mappings by key, all else is replaced.
    private static YamlNode Merged(YamlNode defaults, YamlNode given)
    {
        if (defaults is not YamlMappingNode mapping || given is not YamlMappingNode changes)
        {
            return given;
        }

        var merged = new YamlMappingNode(mapping.Children);
        foreach (var (key, value) in changes.Children)
        {
            merged.Children[key] = merged.Children.TryGetValue(key, out var before) ? Merged(before, value) : value;
        }

        return merged;
    }

    private static string Comparable(YamlMappingNode manifest) =>
        Manifests.Canonical(manifest, static (path, value) => path.EndsWith("/app.kubernetes.io~instance", StringComparison.Ordinal)
            || path.EndsWith("/data/gateway.yaml", StringComparison.Ordinal) ? null
        : path.EndsWith("/image", StringComparison.Ordinal) ? value.Split(':')[0]
        : value);
}
