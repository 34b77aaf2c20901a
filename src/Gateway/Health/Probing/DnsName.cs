namespace Gateway.Health.Probing;

/// <summary>A name that stands for addresses.</summary>
/// <param name="Host">The name, in lower case.</param>
/// <param name="IsService">It is looked up as a service (SRV, RFC 2782), not as a host.</param>
internal readonly record struct DnsName(string Host, bool IsService);
