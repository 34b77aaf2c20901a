using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Admin.Security;

/// <summary>
/// What a client of the admin endpoint has shown in its handshake; whether it is good for anything is judged by each call.
/// </summary>
/// <param name="Certificate">Its own.</param>
/// <param name="Chain">Those between it and an authority.</param>
internal sealed record ShownCertificate(byte[] Certificate, ImmutableArray<byte[]> Chain)
{
    private static readonly object Key = new();

    /// <summary>Notes what a handshake showed for the calls of its connection.</summary>
    public static void Note(ConnectionContext connection, X509Certificate? certificate, X509Chain? chain)
    {
        if (certificate is not null)
        {
            connection.Items[Key] = new ShownCertificate(
                certificate.GetRawCertData(),
                [.. (chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>()).Skip(1).Select(static one => one.Certificate.RawData)]);
        }
    }

    /// <summary>What the connection of a call has shown; null: nothing.</summary>
    public static ShownCertificate? Of(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(Key, out var shown) == true ? shown as ShownCertificate : null;
}
