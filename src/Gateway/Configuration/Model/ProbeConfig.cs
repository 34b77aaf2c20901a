using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>Active probes of every destination of every tier, idle or not.</summary>
internal sealed record ProbeConfig
{
    /// <summary>What a probe does. Default: an HTTP request.</summary>
    public ProbeType Type { get; init; } = ProbeType.Http;

    /// <summary>GET, HEAD, OPTIONS or POST (without a body). Default: GET.</summary>
    public string Method { get; init; } = "GET";

    /// <summary>The name in <c>Host</c>, and in TLS. Default: null, the destination's own.</summary>
    public string? Host { get; init; }

    /// <summary>The port that is probed, on the destination's host. Default: null, the destination's own.</summary>
    public int? Port { get; init; }

    /// <summary>Headers of the probe. Default: none but the gateway's own.</summary>
    public ImmutableArray<HeaderLineConfig> Headers { get; init; } = [];

    /// <summary>The service that a gRPC probe asks for. Default: empty, the server as a whole.</summary>
    public string Service { get; init; } = "";

    /// <summary>Default: <c>/health</c>.</summary>
    public string Path { get; init; } = "/health";

    /// <summary>From start to start, with +-10 % jitter. Default: 1 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Between the first result that contradicts the health status and the next health status. Default: a quarter of
    /// <see cref="Interval"/>.
    /// </summary>
    public TimeSpan FastInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>For connect, head and body together; shorter than <see cref="Interval"/>. Default: 800 ms.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(800);

    /// <summary>Failures in a row that make it down. Default: 2.</summary>
    public int Fall { get; init; } = 2;

    /// <summary>Successes in a row that make it up. Default: 3.</summary>
    public int Rise { get; init; } = 3;

    /// <summary>Lowest status that is a success. Default: 200.</summary>
    public int ExpectStatusFrom { get; init; } = 200;

    /// <summary>Highest status that is a success. Default: 399.</summary>
    public int ExpectStatusTo { get; init; } = 399;

    /// <summary>Text that must appear in the first 64 KiB of the body. Default: none.</summary>
    public string? ExpectBody { get; init; }

    /// <summary>Values that must stand in the body as JSON, of which 64 KiB are read. Default: none.</summary>
    public ImmutableArray<ExpectedJson> ExpectJson { get; init; } = [];

    /// <summary>No expectation was chosen: what shows that the destination works is left to the probe.</summary>
    public bool ExpectsDefault =>
        ExpectStatusFrom == 200 && ExpectStatusTo == 399 && string.IsNullOrEmpty(ExpectBody) && ExpectJson.IsEmpty;
}

/// <summary>What a probe does.</summary>
internal enum ProbeType
{
    /// <summary>An HTTP request, of which status and body are judged.</summary>
    Http,

    /// <summary>A connection, with its TLS handshake to https destinations.</summary>
    Tcp,

    /// <summary>A call of <c>grpc.health.v1.Health/Check</c>, which must say SERVING.</summary>
    Grpc,
}

/// <summary>A value that must stand in a JSON body.</summary>
/// <param name="Path">Where: <c>$.checks[0].status</c> (a singular query of RFC 9535).</param>
/// <param name="Value">A string's text, or a number, true, false or null as written.</param>
internal sealed record ExpectedJson(string Path, string Value);
