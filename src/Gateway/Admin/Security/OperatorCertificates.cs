using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;
using Gateway.Configuration.Values;

namespace Gateway.Admin.Security;

/// <summary>Whom a client certificate shows, or why it is refused.</summary>
/// <param name="Caller">Whose it is; null: it is refused.</param>
/// <param name="IsGenuine">It comes from one of the authorities and has not ended; without a caller it belongs to no operator.</param>
/// <param name="Why">Why it is refused, a sentence.</param>
internal readonly record struct CertificateCheck(AdminCaller? Caller, bool IsGenuine, string Why);

/// <summary>
/// The client certificates in force on the admin endpoint. A handshake takes any certificate, and each call is judged by what is in force
/// then: an operator whose certificate ended learns why, and one who left is refused on a connection that is open, too.
/// </summary>
internal sealed class OperatorCertificates
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const int MostShown = 5;

    private volatile InForce? _inForce;

    /// <exception cref="InvalidOperationException">The file has no authorities.</exception>
    public OperatorCertificates(AdminConfig config) => Replace(config);

    /// <summary>Handshakes ask for a certificate.</summary>
    public bool AreAsked => _inForce is not null;

    /// <summary>Why the file on disk is not in force; null: it is.</summary>
    public string? Alarm => _inForce?.Authorities.Alarm;

    /// <summary>The authorities in force, for a handshake; null: no certificate is asked for.</summary>
    public X509ChainPolicy? Policy => _inForce is { } inForce ? PemFiles.Trusting(inForce.Authorities.Value) : null;

    /// <summary>From now on these are the operators.</summary>
    /// <exception cref="InvalidOperationException">The file has no authorities.</exception>
    public void Replace(AdminConfig config)
    {
        var before = _inForce;
        if (config.ClientCertificates is not { } certificates)
        {
            _inForce = null;
            return;
        }

        try
        {
            // The same file stays watched: what it had last that was good is not lost.
            _inForce = new InForce(
                certificates,
                string.Equals(before?.Config.Ca, certificates.Ca, StringComparison.Ordinal)
                    ? before!.Authorities
                    : new WatchedFiles<X509Certificate2Collection>(
                        $"\"admin.clientCertificates\" (\"{certificates.Ca}\")",
                        [certificates.Ca],
                        () => PemFiles.Authorities(certificates.Ca)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new InvalidOperationException($"\"admin.clientCertificates.ca\" cannot be used ({e.Message})", e);
        }
    }

    /// <summary>Looks at the file once.</summary>
    public void Look() => _inForce?.Authorities.Look();

    /// <summary>Whom a certificate shows now.</summary>
    public CertificateCheck Judge(ShownCertificate shown)
    {
        if (_inForce is not { } inForce)
        {
            return new CertificateCheck(null, false, "Client certificates are not accepted any more.");
        }

        try
        {
            return Judge(shown, inForce);
        }
        catch (CryptographicException)
        {
            return new CertificateCheck(null, false, "The client certificate cannot be read.");
        }
    }

    private static CertificateCheck Judge(ShownCertificate shown, InForce inForce)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(shown.Certificate);
        var names = CertificateIdentities.Of(certificate);
        var listed = names.Count == 0
            ? "without a name"
            : "of " + string.Join(", ", names.Take(MostShown).Select(static name => $"\"{Endpoints.VerbText.Shown(name)}\""))
                + (names.Count > MostShown ? ", …" : "");
        if (WhyNot(certificate, shown, inForce) is { } why)
        {
            return new CertificateCheck(null, false, $"The client certificate {listed} is refused: {why}.");
        }

        foreach (var one in inForce.Config.Operators)
        {
            if (names.Contains(one.Identity, StringComparer.Ordinal))
            {
                return new CertificateCheck(new AdminCaller(one.Name, one.Role) { Proof = AdminProof.Certificate }, true, "");
            }
        }

        return new CertificateCheck(
            null, true, $"The client certificate {listed} belongs to no operator. Add its identity under \"admin.clientCertificates\".");
    }

    private static string? WhyNot(X509Certificate2 certificate, ShownCertificate shown, InForce inForce)
    {
        List<X509Certificate2> between = [.. shown.Chain.Select(static one => X509CertificateLoader.LoadCertificate(one))];
        try
        {
            using var chain = new X509Chain { ChainPolicy = PemFiles.Trusting(inForce.Authorities.Value) };
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication, friendlyName: null));
            between.ForEach(one => chain.ChainPolicy.ExtraStore.Add(one));
            if (chain.Build(certificate))
            {
                return null;
            }

            var status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, one) => all | one.Status);
            return status.HasFlag(X509ChainStatusFlags.PartialChain)
                ? "it does not come from an authority of \"admin.clientCertificates.ca\", or one between it and the root was not sent "
                    + "along and is not in that file"
                : status.HasFlag(X509ChainStatusFlags.UntrustedRoot)
                ? "it does not come from an authority of \"admin.clientCertificates.ca\""
                : status.HasFlag(X509ChainStatusFlags.NotTimeValid) ? $"it is valid from {TimeOf(certificate.NotBefore)} to "
                    + $"{TimeOf(certificate.NotAfter)} only, or an authority behind it has expired"
                : status.HasFlag(X509ChainStatusFlags.NotValidForUsage) ? "it is not for clients (extended key usage)"
                : $"it does not verify ({status})";
        }
        finally
        {
            between.ForEach(static one => one.Dispose());
        }
    }

    private static string TimeOf(DateTime time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private sealed record InForce(OperatorCertificatesConfig Config, WatchedFiles<X509Certificate2Collection> Authorities);
}
