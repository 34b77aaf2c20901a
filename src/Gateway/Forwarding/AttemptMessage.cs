using System.Net;
using System.Net.Http;

namespace Gateway.Forwarding;

/// <summary>The message that one attempt sends: the user's request, addressed to one destination.</summary>
internal static class AttemptMessage
{
    private const string Grpc = "application/grpc";

    /// <summary>Addresses it, and gives it the version and the body that go with this destination.</summary>
    /// <param name="message">The attempt's own message; its headers are copied already.</param>
    /// <param name="peer">Where it goes.</param>
    /// <param name="target">Escaped path and query.</param>
    /// <param name="request">The user's request.</param>
    /// <param name="isUpgrade">It asks for another protocol, which HTTP/2 does otherwise.</param>
    /// <param name="lastEventId">The stream goes on after this event; null: it is no stream that goes on.</param>
    /// <param name="body">The user's body; null: there is none.</param>
    public static void Prepare(HttpRequestMessage message, Peer peer, string target, HttpRequest request, bool isUpgrade, string? lastEventId, RequestBody? body)
    {
        Address(message, peer, target, request, isUpgrade);
        if (lastEventId is not null)
        {
            message.Headers.Remove("Last-Event-ID");
            message.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        }

        if (body is null)
        {
            message.Content = null;
            return;
        }

        var content = body.ForAttempt();
        RequestHeaders.CopyContentHeaders(request, content);
        message.Content = content;
    }

    /// <summary>Where it goes, under which name, and in which version.</summary>
    public static void Address(HttpRequestMessage message, Peer peer, string target, HttpRequest request, bool isUpgrade)
    {
        message.RequestUri = peer.At(target);
        if (peer.Destination.HostName is { } hostName)
        {
            // The address was looked up for this name: virtual hosts and certificates go by the name.
            message.Headers.Host = hostName;
        }

        if (isUpgrade)
        {
            return;
        }

        if (peer.IsTls)
        {
            message.Version = HttpVersion.Version20;
            message.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        }
        else if (peer.Destination.SpeaksHttp2Alone || IsGrpc(request))
        {
            // gRPC is HTTP/2 or nothing; without TLS the destination has to know that beforehand.
            message.Version = HttpVersion.Version20;
            message.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        }
    }

    /// <summary>gRPC proper. gRPC-Web, which begins alike, is made for HTTP/1.1 too.</summary>
    public static bool IsGrpc(HttpRequest request) =>
        request.ContentType is { } type
        && type.StartsWith(Grpc, StringComparison.OrdinalIgnoreCase)
        && (type.Length == Grpc.Length || type[Grpc.Length] is '+' or ';' or ' ');

    /// <summary>The same request once more; without address and body.</summary>
    public static HttpRequestMessage CloneOf(HttpRequestMessage request)
    {
        var clone = new HttpRequestMessage(request.Method, (Uri?)null) { Version = HttpVersion.Version11, VersionPolicy = request.VersionPolicy };
        foreach (var header in request.Headers.NonValidated)
        {
            clone.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        return clone;
    }
}
