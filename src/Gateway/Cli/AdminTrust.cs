using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration.Values;

namespace Gateway.Cli;

/// <summary>
/// Whether a command trusts the certificate of an admin endpoint: an authority of the machine or of the named file stands behind it and it
/// is for the host, or it is in the file itself. The latter needs neither name nor authority: the operator has the very certificate that
/// the gateway presents, as on the gateway's own machine.
/// </summary>
/// <param name="file">PEM certificates; null: none.</param>
internal sealed class AdminTrust(string? file)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>Why the last certificate was refused; null: it was not.</summary>
    public string? Refused { get; private set; }

    /// <summary>Decides, and notes why not.</summary>
    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Refused = errors == SslPolicyErrors.None ? null : WhyNot(certificate as X509Certificate2, chain, errors);
        return Refused is null;
    }

    private string? WhyNot(X509Certificate2? presented, X509Chain? chain, SslPolicyErrors errors)
    {
        if (presented is null)
        {
            return "it presents none";
        }

        var isForOther = errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch);
        if (file is null)
        {
            return errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
                ? "this machine knows no authority behind it, or it has expired"
                : "it is for another name";
        }

        X509Certificate2Collection trusted;
        try
        {
            trusted = PemFiles.Authorities(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return $"\"{file}\" cannot be read as PEM certificates";
        }

        if (trusted.Any(known => known.RawDataMemory.Span.SequenceEqual(presented.RawDataMemory.Span)))
        {
            return null;
        }

        return !IsFrom(trusted, presented, chain) ? $"it is neither in \"{file}\" nor from an authority there"
            : isForOther ? "it is for another name"
            : null;
    }

    private static bool IsFrom(X509Certificate2Collection authorities, X509Certificate2 presented, X509Chain? sent)
    {
        using var chain = new X509Chain { ChainPolicy = PemFiles.Trusting(authorities) };
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication, friendlyName: null));
        foreach (var element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(presented);
    }
}
