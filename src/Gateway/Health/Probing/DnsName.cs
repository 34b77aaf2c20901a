using Gateway.Configuration.Model;

namespace Gateway.Health.Probing;

/// <summary>A name that stands for addresses.</summary>
/// <param name="Host">The name, in lower case.</param>
/// <param name="IsService">It is looked up as a service (SRV, RFC 2782), not as a host.</param>
/// <param name="Kubernetes">It is followed as a Service of Kubernetes; null: it is looked up by DNS.</param>
internal readonly record struct DnsName(string Host, bool IsService, KubernetesServiceName? Kubernetes = null);
