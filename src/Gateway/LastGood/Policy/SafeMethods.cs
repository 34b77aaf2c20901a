namespace Gateway.LastGood.Policy;

/// <summary>
/// The one rule for which methods are safe: GET, HEAD, OPTIONS and TRACE change nothing at a destination (RFC 9110, section 9.2.1). Every
/// other one is a write. A safe request may get a fallback response although it was sent; a write invalidates what is
/// stored for its path, and has a deadline of its own.
/// </summary>
internal static class SafeMethods
{
    /// <summary>True: the method is safe.</summary>
    public static bool Contains(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || HttpMethods.IsTrace(method);
}
