using System.Security.Cryptography.X509Certificates;

namespace Gateway.Health.Kubernetes;

/// <summary>Where the API server is, and how the gateway shows what it is: as a pod, or by a kubeconfig.</summary>
/// <param name="Server">The API server.</param>
/// <param name="Namespace">The namespace of Services that name none.</param>
internal sealed record ClusterAccess(Uri Server, string Namespace)
{
    /// <summary>The authorities that sign the API server's certificate, read for each connection; null: the system's.</summary>
    public Func<X509Certificate2Collection>? Authorities { get; init; }

    /// <summary>The token, read for each call: the kubelet replaces it; null: there is none.</summary>
    public Func<string>? Token { get; init; }

    /// <summary>The gateway's own certificate, read for each connection; null: there is none.</summary>
    public Func<X509Certificate2>? Certificate { get; init; }

    /// <summary>The name in the API server's certificate; null: its host.</summary>
    public string? ServerName { get; init; }
}
