using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>A synthetic conversation with a destination, and what is expected of it.</summary>
internal sealed record DeepProbeConfig
{
    /// <summary>GET or POST. Default: POST.</summary>
    public string Method { get; init; } = "POST";

    /// <summary>The path, with a query if there is one.</summary>
    public string Path { get; init; } = "/";

    /// <summary>The body. Default: none.</summary>
    public string Body { get; init; } = "";

    /// <summary>Its type. Default: <c>application/json</c>.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>Headers. Default: none but the gateway's own.</summary>
    public ImmutableArray<HeaderLineConfig> Headers { get; init; } = [];

    /// <summary>What a good response is. Default: a status from 200 to 399.</summary>
    public ExpectedResponse Expect { get; init; } = new();

    /// <summary>From the start to the first content: of an event stream its first event with data. Default: 5 s.</summary>
    public TimeSpan FirstContent { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>From the start to the end of the response. Default: 30 s.</summary>
    public TimeSpan Total { get; init; } = TimeSpan.FromSeconds(30);
}
