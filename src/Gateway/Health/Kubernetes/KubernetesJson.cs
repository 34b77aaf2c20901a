using System.Text.Json.Serialization;

namespace Gateway.Health.Kubernetes;

/// <summary>How it is read: code made when the gateway is built, and strict about nothing that is not used.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(EndpointSliceList))]
[JsonSerializable(typeof(SliceEvent))]
[JsonSerializable(typeof(ErrorEvent))]
[JsonSerializable(typeof(WatchEventType))]
[JsonSerializable(typeof(ApiStatus))]
internal sealed partial class KubernetesJson : JsonSerializerContext;
