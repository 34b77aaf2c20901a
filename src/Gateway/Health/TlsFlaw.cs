using System.Net.Http;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Health;

/// <summary>Why no TLS connection to a destination came about.</summary>
internal enum TlsFlaw
{
    /// <summary>It was not TLS that failed.</summary>
    None,

    /// <summary>No authority that this machine trusts has signed its certificate.</summary>
    Untrusted,

    /// <summary>Its certificate has ended, or has not begun.</summary>
    NotValidNow,

    /// <summary>Its certificate is for another name.</summary>
    OtherName,

    /// <summary>Something else: no TLS on that port, or no version or protocol in common.</summary>
    Handshake,
}

/// <summary>Judges destinations' certificates as .NET would by itself, and keeps the reason of a refusal as a type.</summary>
internal static class TlsTrust
{
    /// <summary>For <see cref="SslClientAuthenticationOptions.RemoteCertificateValidationCallback"/>.</summary>
    /// <exception cref="CertificateRefusedException">The certificate is not good for this destination.</exception>
    public static bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        errors == SslPolicyErrors.None ? true : throw new CertificateRefusedException(FlawOf(errors, chain));

    /// <summary>What of an exception of <see cref="SocketsHttpHandler"/> is TLS's fault.</summary>
    public static TlsFlaw FlawOf(Exception? exception)
    {
        var isTls = false;
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is CertificateRefusedException refused)
            {
                return refused.Flaw;
            }

            isTls |= inner is AuthenticationException or HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError };
        }

        return isTls ? TlsFlaw.Handshake : TlsFlaw.None;
    }

    /// <summary>For people, as the rest of "the last one …"; null: it was not TLS.</summary>
    public static string? WordsOf(TlsFlaw flaw) => flaw switch
    {
        TlsFlaw.Untrusted => "met a certificate from no authority that this machine trusts",
        TlsFlaw.NotValidNow => "met a certificate that is not valid today",
        TlsFlaw.OtherName => "met a certificate for another name",
        TlsFlaw.Handshake => "got no TLS connection",
        _ => null,
    };

    private static TlsFlaw FlawOf(SslPolicyErrors errors, X509Chain? chain)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            return Array.TrueForAll(chain?.ChainStatus ?? [], static status => status.Status == X509ChainStatusFlags.NotTimeValid) ? TlsFlaw.NotValidNow : TlsFlaw.Untrusted;
        }

        return errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? TlsFlaw.OtherName : TlsFlaw.Handshake;
    }
}

/// <summary>A destination's certificate was refused.</summary>
internal sealed class CertificateRefusedException(TlsFlaw flaw) : AuthenticationException($"The destination's certificate was refused: {flaw}.")
{
    /// <summary>Why.</summary>
    public TlsFlaw Flaw => flaw;
}
