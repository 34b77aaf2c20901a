namespace Gateway.Health.Kubernetes;

/// <summary>
/// Endpoints of a Service, as the API server gives them (<c>discovery.k8s.io/v1</c>): what is used of it, and all of it may be missing.
/// </summary>
internal sealed record EndpointSlice(
    ObjectMetadata? Metadata,
    string? AddressType,
    IReadOnlyList<SliceEndpoint?>? Endpoints,
    IReadOnlyList<SlicePort?>? Ports);

/// <summary>What every object has.</summary>
/// <param name="Name">Unique inside its namespace.</param>
/// <param name="ResourceVersion">From here on a watch tells what follows.</param>
internal sealed record ObjectMetadata(string? Name, string? ResourceVersion);

/// <summary>One endpoint of a slice, as a rule a pod.</summary>
/// <param name="Addresses">All lead to the same; the first is used.</param>
/// <param name="Conditions">Whether it may be used.</param>
/// <param name="TargetRef">What stands behind it.</param>
/// <param name="Zone">Where it is.</param>
/// <param name="Hints">For which zones the control plane means it.</param>
internal sealed record SliceEndpoint(
    IReadOnlyList<string?>? Addresses,
    SliceConditions? Conditions,
    SliceTarget? TargetRef,
    string? Zone,
    SliceHints? Hints);

/// <summary>The conditions of an endpoint.</summary>
/// <param name="Ready">Null: ready.</param>
/// <param name="Serving">Ready, whether it terminates or not; null: as <paramref name="Ready"/>.</param>
/// <param name="Terminating">Null: it does not.</param>
internal sealed record SliceConditions(bool? Ready, bool? Serving, bool? Terminating);

/// <summary>What stands behind an endpoint.</summary>
internal sealed record SliceTarget(string? Kind, string? Name);

/// <summary>Hints of topology-aware routing.</summary>
internal sealed record SliceHints(IReadOnlyList<SliceZone?>? ForZones);

/// <summary>A zone of a hint.</summary>
internal sealed record SliceZone(string? Name);

/// <summary>A port of all endpoints of a slice.</summary>
/// <param name="Name">The Service's name for it; null or empty: its only one.</param>
/// <param name="Port">Where the endpoints listen.</param>
/// <param name="Protocol">Null: TCP.</param>
internal sealed record SlicePort(string? Name, int? Port, string? Protocol);

/// <summary>All slices of a Service.</summary>
internal sealed record EndpointSliceList(ObjectMetadata? Metadata, IReadOnlyList<EndpointSlice?>? Items);

/// <summary>What an API server says when it does not do what it was asked for.</summary>
internal sealed record ApiStatus(string? Message, string? Reason, int? Code);

/// <summary>What kind of event it is, before its object is read.</summary>
internal sealed record WatchEventType(string? Type);

/// <summary>A slice was added, changed or deleted, or nothing happened up to a version (<c>BOOKMARK</c>).</summary>
internal sealed record SliceEvent(string? Type, EndpointSlice? Object);

/// <summary>A watch ends with an error.</summary>
internal sealed record ErrorEvent(string? Type, ApiStatus? Object);
