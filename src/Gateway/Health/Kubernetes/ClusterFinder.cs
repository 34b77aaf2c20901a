using System.Globalization;

namespace Gateway.Health.Kubernetes;

/// <summary>Finds the cluster around the gateway: that of its pod, or that of a kubeconfig.</summary>
internal static class ClusterFinder
{
    /// <summary>Where a pod finds its token, its namespace and the authority of its cluster.</summary>
    public const string PodFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>How the cluster around the gateway is spoken to.</summary>
    /// <param name="environment">The environment's variables.</param>
    /// <param name="podFolder">Where a pod finds its token.</param>
    /// <exception cref="KubernetesException">There is none.</exception>
    public static ClusterAccess Find(Func<string, string?> environment, string podFolder = PodFolder)
    {
        if (environment("KUBECONFIG")?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) is [var first, ..])
        {
            return KubeConfig.Read(first);
        }

        if (environment("KUBERNETES_SERVICE_HOST") is { Length: > 0 } host)
        {
            return OfPod(host, environment("KUBERNETES_SERVICE_PORT"), podFolder);
        }

        return environment("HOME") is { Length: > 0 } home && Path.Combine(home, ".kube", "config") is var usual && File.Exists(usual)
            ? KubeConfig.Read(usual)
            : throw new KubernetesException(
                "There is no Kubernetes cluster to ask: the gateway runs in no pod (KUBERNETES_SERVICE_HOST is not set), and there is no "
                    + "kubeconfig. Set KUBECONFIG, or write http:// or dns+http:// for destinations outside of Kubernetes");
    }

    private static ClusterAccess OfPod(string host, string? port, string folder)
    {
        var token = Path.Combine(folder, "token");
        if (!File.Exists(token))
        {
            throw new KubernetesException(
                $"The pod has no token of a service account (\"{token}\"). Set \"automountServiceAccountToken: true\" in the pod, and a "
                    + "service account that may list EndpointSlices");
        }

        var authority = host.Contains(':', StringComparison.Ordinal) ? $"[{host.Trim('[', ']')}]" : host;
        var number = int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 443;
        var url = string.Create(CultureInfo.InvariantCulture, $"https://{authority}:{number}/");
        return Uri.TryCreate(url, UriKind.Absolute, out var server)
            ? new ClusterAccess(server, NamespaceIn(folder))
            {
                Authorities = () => AccessFiles.AuthoritiesIn(Path.Combine(folder, "ca.crt")),
                Token = () => AccessFiles.TextOf(token),
            }
            : throw new KubernetesException($"KUBERNETES_SERVICE_HOST must be a host, given \"{host}\". The kubelet sets it");
    }

    private static string NamespaceIn(string folder)
    {
        try
        {
            return AccessFiles.TextOf(Path.Combine(folder, "namespace"));
        }
        catch (KubernetesException)
        {
            return "default";
        }
    }
}
