namespace Gateway.Forwarding;

/// <summary>
/// A request that cannot be written as exactly one request. It is thrown where bytes are written, before any of them has left: behind <see cref="RequestGuard"/>, which should have
/// refused it, so that neither of the two is needed for the other to hold. It is no evidence about a destination.
/// </summary>
internal sealed class UnwritableRequestException(string message) : Exception(message)
{
    /// <summary>Lets a header pass that is one line and nothing else.</summary>
    /// <exception cref="UnwritableRequestException">The name is not a token, or the value has a control character.</exception>
    public static void ThrowUnlessHeader(string name, string value)
    {
        if (!RequestGuard.IsToken(name) || !RequestGuard.IsValue(value))
        {
            throw new UnwritableRequestException("A header of the request is not a token followed by a value without control characters.");
        }
    }

    /// <summary>Lets a target pass that is visible ASCII.</summary>
    /// <exception cref="UnwritableRequestException">It has another character.</exception>
    public static void ThrowUnlessTarget(string target)
    {
        if (!RequestGuard.IsTarget(target))
        {
            throw new UnwritableRequestException("The target of the request is not visible ASCII.");
        }
    }
}
