using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Tests.Support;

/// <summary>The ways by which the gateway asks a destination.</summary>
public enum DestinationKind
{
    /// <summary>HTTP/1.1 in clear.</summary>
    Http1,

    /// <summary>HTTP/2 in clear.</summary>
    Http2,

    /// <summary>HTTP/1.1 over TLS.</summary>
    TlsHttp1,

    /// <summary>TLS that negotiates HTTP/2.</summary>
    TlsHttp2,
}

/// <summary>A destination that answers with what it was asked: target, host and headers, a line each.</summary>
internal static class EchoUpstream
{
    /// <summary>Starts one, under the name localhost.</summary>
    public static async Task<KestrelUpstream> StartAsync(DestinationKind kind)
    {
        var isTls = kind is DestinationKind.TlsHttp1 or DestinationKind.TlsHttp2;
        return await KestrelUpstream.StartAsync(
            RespondAsync,
            kind switch
            {
                DestinationKind.Http2 => HttpProtocols.Http2,
                DestinationKind.TlsHttp2 => HttpProtocols.Http1AndHttp2,
                _ => HttpProtocols.Http1
            },
            isTls ? TestAuthority.Issue("localhost", "127.0.0.1") : null);
    }

    /// <summary>The address by name: over TLS the name is told.</summary>
    public static string UrlOf(KestrelUpstream upstream) => upstream.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

    private static Task RespondAsync(HttpContext context)
    {
        var lines =
            context.Request.Headers.Where(static header => !header.Key.Equals(
                "Host",
                StringComparison.OrdinalIgnoreCase)).SelectMany(static header =>
                    header.Value.Select(value => $"{header.Key.ToLowerInvariant()}: {value}"));
        return context.Response.WriteAsync(string.Join(
            '\n',
            lines.Prepend(context.Request.Host.Value).Prepend(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget))
                + "\n");
    }
}
