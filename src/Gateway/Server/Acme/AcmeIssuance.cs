using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration.Values;
using Gateway.Server.Acme.Messages;

namespace Gateway.Server.Acme;

/// <summary>One certificate, from the order to the signed chain (RFC 8555, section 7.4).</summary>
/// <param name="session">Signed in.</param>
/// <param name="key">Of the account.</param>
/// <param name="challenges">Answers to the authority.</param>
/// <param name="time">The clock.</param>
internal sealed class AcmeIssuance(AcmeSession session, AcmeAccountKey key, AcmeChallenges challenges, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>Orders a certificate for names.</summary>
    /// <param name="directory">The authority's resources.</param>
    /// <param name="hosts">The names.</param>
    /// <param name="challenge">How they are proven: <see cref="AcmeChallenge.Http"/> or <see cref="AcmeChallenge.TlsAlpn"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Private key, certificate and chain as PEM.</returns>
    /// <exception cref="AcmeException">It was not issued.</exception>
    public async Task<string> OrderAsync(
        AcmeDirectory directory, ImmutableArray<string> hosts, string challenge, CancellationToken cancellationToken)
    {
        // 1. The order names an authorization for each name.
        var identifiers = hosts.Select(static host => new AcmeIdentifier { Value = host }).ToArray();
        var (order, location) = await session
            .PostAsync<AcmeOrder>(directory.NewOrder, new { Identifiers = identifiers }, cancellationToken)
            .ConfigureAwait(false);
        var url = location ?? throw new AcmeException("the authority does not say where the order is");

        // 2. Each name is proven, unless the account has proven it lately.
        foreach (var authorization in order.Authorizations)
        {
            await ProveAsync(authorization, challenge, cancellationToken).ConfigureAwait(false);
        }

        await AwaitAsync(url, "ready", cancellationToken).ConfigureAwait(false);

        // 3. A new key for each certificate, and the request that it signs.
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Base64Url.EncodeToString(RequestFor(hosts, own));
        await session.PostAsync<AcmeOrder>(order.Finalize, new { Csr = request }, cancellationToken).ConfigureAwait(false);
        var issued = await AwaitAsync(url, "valid", cancellationToken).ConfigureAwait(false);

        // 4. The chain, which must fit.
        var chain = await session.DownloadAsync(
            issued.Certificate ?? throw new AcmeException("the authority does not say where the certificate is"),
            cancellationToken).ConfigureAwait(false);
        return own.ExportPkcs8PrivateKeyPem() + "\n" + Checked(chain, hosts, own);
    }

    private async Task ProveAsync(Uri url, string type, CancellationToken cancellationToken)
    {
        var (authorization, _) = await session.GetAsync<AcmeAuthorization>(url, cancellationToken).ConfigureAwait(false);
        if (authorization.Status is "valid")
        {
            return;
        }

        var host = authorization.Identifier.Value;
        var chosen = Array.Find(authorization.Challenges, offered => string.Equals(offered.Type, type, StringComparison.Ordinal));
        if (chosen is not { Token: { } token })
        {
            throw new AcmeException($"the authority does not offer {type} for {host}");
        }

        if (type is AcmeChallenge.Http)
        {
            challenges.Expect(token, key.AuthorizationOf(token));
        }
        else
        {
            challenges.Expect(host, TlsAlpnChallenge.CertificateFor(host, key.AuthorizationOf(token), time.GetUtcNow()));
        }

        await session.PostAsync<AcmeChallenge>(chosen.Url, new { }, cancellationToken).ConfigureAwait(false);
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            var (now, retryAfter) = await session.GetAsync<AcmeAuthorization>(url, cancellationToken).ConfigureAwait(false);
            if (now.Status is "valid")
            {
                return;
            }

            if (now.Status is not "pending")
            {
                var error = now.Challenges.Select(static tried => tried.Error).FirstOrDefault(static error => error is not null);
                throw new AcmeException($"{host} was not validated by {type} ({error?.ToString() ?? now.Status})");
            }

            await PauseAsync(pause, retryAfter, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<AcmeOrder> AwaitAsync(Uri url, string wanted, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            var (order, retryAfter) = await session.GetAsync<AcmeOrder>(url, cancellationToken).ConfigureAwait(false);
            if (string.Equals(order.Status, wanted, StringComparison.Ordinal) || (order.Status is "valid" && wanted is "ready"))
            {
                return order;
            }

            if (order.Status is "invalid")
            {
                throw new AcmeException($"the order is invalid ({order.Error?.ToString() ?? "the authority does not say why"})");
            }

            await PauseAsync(pause, retryAfter, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task PauseAsync(TimeSpan pause, TimeSpan? asked, CancellationToken cancellationToken)
    {
        var least = asked is { } wait && wait < LongestPause ? wait : asked is null ? TimeSpan.Zero : LongestPause;
        return Task.Delay(least > pause ? least : pause, time, cancellationToken);
    }

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < LongestPause ? pause * 2 : LongestPause;

    private static byte[] RequestFor(ImmutableArray<string> hosts, ECDsa own)
    {
        var request = new CertificateRequest(new X500DistinguishedName(""), own, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        return request.CreateSigningRequest();
    }

    private string Checked(string pem, ImmutableArray<string> hosts, ECDsa own)
    {
        try
        {
            using var leaf = X509Certificate2.CreateFromPem(pem);
            using var withKey = leaf.CopyWithPrivateKey(own);
            if (!hosts.All(host => CertificateNames.IsFor(withKey, host)))
            {
                throw new AcmeException("the certificate that came is for other names");
            }

            return new DateTimeOffset(withKey.NotAfter) > time.GetUtcNow()
                ? pem
                : throw new AcmeException("the certificate that came has ended; look at the clock of this machine");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new AcmeException("what came is no certificate for the key", e);
        }
    }
}
