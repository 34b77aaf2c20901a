namespace Gateway.Upstream;

/// <summary>
/// A request that cannot be written as exactly one request. It is thrown where bytes are written, before any of them has left: behind the
/// guard at the entrance, which should have refused it, so that each of the two is enough by itself. It is no evidence about a destination.
/// </summary>
internal sealed class UnwritableRequestException(string message) : Exception(message)
{
    /// <summary>Lets a header pass that is one line and nothing else.</summary>
    /// <exception cref="UnwritableRequestException">The name is not a token, or the value has a control character.</exception>
    public static void ThrowUnlessHeader(string name, string value)
    {
        if (!HttpSyntax.IsToken(name) || !HttpSyntax.IsValue(value))
        {
            throw new UnwritableRequestException("A header of the request is not a token followed by a value without control characters.");
        }
    }

    /// <summary>Lets a method pass that is a token.</summary>
    /// <exception cref="UnwritableRequestException">It is not.</exception>
    public static void ThrowUnlessMethod(string method)
    {
        if (!HttpSyntax.IsToken(method))
        {
            throw new UnwritableRequestException("The method of the request is not a token.");
        }
    }

    /// <summary>Lets a target pass that is visible ASCII.</summary>
    /// <exception cref="UnwritableRequestException">It has another character.</exception>
    public static void ThrowUnlessTarget(string target)
    {
        if (!HttpSyntax.IsTarget(target))
        {
            throw new UnwritableRequestException("The target of the request is not visible ASCII.");
        }
    }
}
