namespace Gateway.Configuration.Model;

/// <summary>A Service of Kubernetes and one of its ports, as a destination's URL names them.</summary>
/// <param name="Service">Its name.</param>
/// <param name="Namespace">Its namespace; null: the gateway's own.</param>
/// <param name="Port">The name of the port, or the number that its pods listen at; null: its only port.</param>
internal sealed record KubernetesServiceName(string Service, string? Namespace, string? Port)
{
    /// <summary>As in the URL: <c>guide.shop:http</c>.</summary>
    public override string ToString() =>
        $"{Service}{(Namespace is null ? "" : $".{Namespace}")}{(Port is null ? "" : $":{Port}")}";
}
