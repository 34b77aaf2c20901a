namespace Gateway.Forwarding.Responses;

/// <summary>Tells gRPC from other requests.</summary>
internal static class Grpc
{
    private const string ContentType = "application/grpc";

    /// <summary>gRPC proper. gRPC-Web, which begins alike, is made for HTTP/1.1 too.</summary>
    public static bool Is(HttpRequest request) =>
        request.ContentType is { } type
        && type.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (type.Length == ContentType.Length || type[ContentType.Length] is '+' or ';' or ' ');
}
