using Gateway.Health.Kubernetes;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Health.Kubernetes;

/// <summary>Where the API server is, and who the gateway is to it.</summary>
[Trait("kind", "unit")]
public sealed class ClusterFinderTests
{
    private const string Good = """
        current-context: a
        contexts: [ { name: a, context: { cluster: c, user: u, namespace: shop } }, { name: b, context: { cluster: none } } ]
        clusters: [ { name: c, cluster: { server: "https://api.test:6443", certificate-authority: ca.crt, tls-server-name: kubernetes } } ]
        users: [ { name: u, user: { token: secret } } ]
        """;

    [Theory]
    [InlineData("10.96.0.1", "443", "https://10.96.0.1/")]
    [InlineData("10.96.0.1", "6443", "https://10.96.0.1:6443/")]
    [InlineData("10.96.0.1", null, "https://10.96.0.1/")]
    [InlineData("fd00::1", "6443", "https://[fd00::1]:6443/")]
    [InlineData("[fd00::1]", "6443", "https://[fd00::1]:6443/")]
    public void Find_InAPod_TakesItsAccount(string host, string? port, string server)
    {
        using var folder = new TemporaryFolder();
        using var authority = new PrivateAuthority("kubernetes");
        folder.Write("token", "first\n");
        folder.Write("namespace", "shop");
        folder.Write("ca.crt", authority.Pem);

        var access = InPod(folder, host, port);

        Assert.Equal((server, "shop"), (access.Server.ToString(), access.Namespace));
        Assert.Equal("first", access.Token!());
        Assert.Single(access.Authorities!());

        // The kubelet replaces it: it is read anew.
        folder.Write("token", "second");
        Assert.Equal("second", access.Token!());
    }

    [Fact]
    public void Find_InAPodWithoutAToken_SaysWhatToSet()
    {
        using var folder = new TemporaryFolder();

        var failure = Assert.Throws<KubernetesException>(() => InPod(folder, "10.96.0.1", "443"));

        Assert.Equal(
            $"The pod has no token of a service account (\"{folder.Path}/token\"). Set \"automountServiceAccountToken: true\" in the pod, "
                + "and a service account that may list EndpointSlices",
            failure.Message);
    }

    [Fact]
    public void Find_NoCluster_SaysWhatToSet() =>
        Assert.Equal(
            "There is no Kubernetes cluster to ask: the gateway runs in no pod (KUBERNETES_SERVICE_HOST is not set), and there is no "
                + "kubeconfig. Set KUBECONFIG, or write http:// or dns+http:// for destinations outside of Kubernetes",
            Assert.Throws<KubernetesException>(() => ClusterFinder.Find(static name => name is "HOME" ? "/nowhere" : null)).Message);

    [Fact]
    public void Find_KubeConfig_TakesItsCurrentContext()
    {
        using var folder = new TemporaryFolder();
        using var authority = new PrivateAuthority("kubernetes");
        folder.Write("config", Good);
        folder.Write("ca.crt", authority.Pem);

        var access = Find(folder);

        Assert.Equal(("https://api.test:6443/", "shop", "kubernetes"), (access.Server.ToString(), access.Namespace, access.ServerName));
        Assert.Equal("secret", access.Token!());
        Assert.Single(access.Authorities!());
        Assert.Null(access.Certificate);
    }

    [Fact]
    public void Find_KubeConfigWithCertificate_TakesItFromTheFileItself()
    {
        using var folder = new TemporaryFolder();
        using var authority = new PrivateAuthority("kubernetes");
        var (certificate, key) = authority.IssuePem("gateway");
        folder.Write("config", $$"""
            current-context: a
            contexts: [ { name: a, context: { cluster: c, user: u } } ]
            clusters: [ { name: c, cluster: { server: "https://api.test:6443", certificate-authority-data: "{{Base64(authority.Pem)}}" } } ]
            users: [ { name: u, user: { client-certificate-data: "{{Base64(certificate)}}", client-key-data: "{{Base64(key)}}" } } ]
            """);

        var access = Find(folder);

        Assert.Equal("default", access.Namespace);
        Assert.Single(access.Authorities!());
        using var own = access.Certificate!();
        Assert.Equal("CN=gateway", own.Subject);
        Assert.True(own.HasPrivateKey);
    }

    /// <summary>What stands in a kubeconfig in place of something good, and what the operator is told.</summary>
    [Theory]
    [InlineData("current-context: a", "", "\"FILE\" has no \"current-context\". Choose one with kubectl config use-context NAME")]
    [InlineData("current-context: a", "current-context: x", "There is no 'x' among the contexts of \"FILE\"")]
    [InlineData("current-context: a", "current-context: b", "There is no 'none' among the clusters of \"FILE\"")]
    [InlineData("https://api.test:6443", "http://api.test", "\"server\" of context 'a' in \"FILE\" must be an https:// URL, given "
        + "\"http://api.test\"")]
    [InlineData("tls-server-name: kubernetes", "insecure-skip-tls-verify: true", "Context 'a' in \"FILE\" checks no certificate "
        + "(insecure-skip-tls-verify), and the gateway would send its token to any server. Name the cluster's authority in "
        + "certificate-authority")]
    [InlineData("token: secret", "exec: { command: aws }", "Context 'a' in \"FILE\" gets its token from a program (\"exec\"), which the "
        + "gateway does not run. Write a token, a tokenFile or a client certificate")]
    [InlineData("current-context: a", "[", "\"FILE\" is not a kubeconfig: ")]
    public void Find_KubeConfigThatSaysNothingUsable_SaysWhatToWrite(string part, string instead, string problem)
    {
        using var folder = new TemporaryFolder();
        folder.Write("config", Good.Replace(part, instead, StringComparison.Ordinal));

        var failure = Assert.Throws<KubernetesException>(() => Find(folder));

        Assert.StartsWith(
            problem.Replace("FILE", $"{folder.Path}/config", StringComparison.Ordinal), failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
    }

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(text));

    private static ClusterAccess Find(TemporaryFolder folder) =>
        ClusterFinder.Find(name => name is "KUBECONFIG" ? Path.Combine(folder.Path, "config") : null);

    private static ClusterAccess InPod(TemporaryFolder folder, string host, string? port) => ClusterFinder.Find(
        name => name switch { "KUBERNETES_SERVICE_HOST" => host, "KUBERNETES_SERVICE_PORT" => port, _ => null },
        folder.Path);
}
