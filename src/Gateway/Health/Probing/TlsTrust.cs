using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Health.Model;

namespace Gateway.Health.Probing;

/// <summary>Judges destinations' certificates as .NET would by itself, and keeps the reason of a refusal as a type.</summary>
internal static class TlsTrust
{
    /// <summary>For <see cref="SslClientAuthenticationOptions.RemoteCertificateValidationCallback"/>.</summary>
    /// <exception cref="CertificateRefusedException">The certificate is not good for this destination.</exception>
    public static bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        errors == SslPolicyErrors.None ? true : throw new CertificateRefusedException(CauseOf(errors, chain));

    /// <summary>
    /// What of an exception of <see cref="SocketsHttpHandler"/> is TLS's fault; <see cref="FailureCause.None"/>: nothing.
    /// </summary>
    public static FailureCause CauseOf(Exception? exception)
    {
        var isTls = false;
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is CertificateRefusedException refused)
            {
                return refused.Cause;
            }

            isTls |= inner is AuthenticationException or HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError };
        }

        return isTls ? FailureCause.TlsHandshake : FailureCause.None;
    }

    private static FailureCause CauseOf(SslPolicyErrors errors, X509Chain? chain)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            return Array.TrueForAll(chain?.ChainStatus ?? [], static status => status.Status == X509ChainStatusFlags.NotTimeValid)
                ? CauseOfTime(chain)
                : FailureCause.CertificateUntrusted;
        }

        return errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            ? FailureCause.CertificateOtherName
            : FailureCause.TlsHandshake;
    }

    private static FailureCause CauseOfTime(X509Chain? chain)
    {
        foreach (var element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            if (element.Certificate.NotBefore > chain!.ChainPolicy.VerificationTime)
            {
                return FailureCause.CertificateNotYetValid;
            }
        }

        return FailureCause.CertificateExpired;
    }
}
