using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Conformance.SameBytes;

/// <summary>A response that the origin gives: what its <c>spec</c> parameter says (see clients/origin.mjs).</summary>
internal sealed record ResponseSpec
{
    private static readonly JsonSerializerOptions Options = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>What the test's name says of it.</summary>
    [JsonIgnore]
    public string Name { get; init; } = "";

    /// <summary>The methods that ask for it.</summary>
    [JsonIgnore]
    public string[] Methods { get; init; } = ["GET", "HEAD", "POST", "PUT", "DELETE"];

    /// <summary>False: it cannot be said in HTTP/2.</summary>
    [JsonIgnore]
    public bool OverHttp2 { get; init; } = true;

    [JsonPropertyName("s")]
    public int Status { get; init; } = 200;

    [JsonPropertyName("r")]
    public string? Reason { get; init; }

    [JsonPropertyName("h")]
    public string[][] Headers { get; init; } = [];

    [JsonPropertyName("b")]
    public int Body { get; init; } = 42;

    [JsonPropertyName("c")]
    public string? Coding { get; init; }

    /// <summary>
    /// <c>length</c>, <c>chunked</c>, <c>close</c>, or <c>none</c>: no framing header but those in <see cref="Headers"/>, and no body.
    /// </summary>
    [JsonPropertyName("f")]
    public string Framing { get; init; } = "length";

    /// <summary>Interim responses before it: status and headers.</summary>
    [JsonPropertyName("i")]
    public object[][]? Interim { get; init; }

    [JsonPropertyName("t")]
    public string[][]? Trailers { get; init; }

    /// <summary>Path and query that ask the origin for it.</summary>
    [JsonIgnore]
    public string PathAndQuery => "x?spec=" + Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(this, Options));
}
