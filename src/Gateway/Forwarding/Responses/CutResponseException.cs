namespace Gateway.Forwarding.Responses;

/// <summary>
/// Tells Kestrel that a response which has begun will not be finished. It then sends what it has of it and closes the connection, without
/// the end of the response; every other way of its interface throws that away.
/// </summary>
internal sealed class CutResponseException() : Exception("The destination broke the response off.")
{
    /// <summary>Throws it, if the response is cut.</summary>
    public static void ThrowIf(bool isCut)
    {
        if (isCut)
        {
            throw new CutResponseException();
        }
    }
}
