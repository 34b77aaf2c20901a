using System.Security.Authentication;
using Gateway.Health.Model;

namespace Gateway.Health.Probing;

/// <summary>A destination's certificate was refused.</summary>
internal sealed class CertificateRefusedException(FailureCause cause)
    : AuthenticationException($"The destination's certificate was refused: {cause}.")
{
    /// <summary>Why.</summary>
    public FailureCause Cause => cause;
}
