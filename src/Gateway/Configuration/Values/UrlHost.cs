namespace Gateway.Configuration.Values;

/// <summary>
/// The host of a URL with the zone of a link-local address (<c>[fe80::1%eth0]</c>), which <see cref="Uri.Host"/> and
/// <see cref="Uri.GetLeftPart"/> leave out.
/// </summary>
internal static class UrlHost
{
    /// <summary>
    /// Without brackets, for connecting and listening; a zone may be written <c>%eth0</c> or, after RFC 6874, <c>%25eth0</c>.
    /// </summary>
    public static string Of(Uri url) =>
        HasZone(url)
            ? url.DnsSafeHost.Replace("%25", "%", StringComparison.Ordinal)
            : url.HostNameType == UriHostNameType.IPv6 ? url.DnsSafeHost
            : url.IdnHost;

    /// <summary>True: the address means something on one link of this machine alone.</summary>
    public static bool HasZone(Uri url) =>
        url.HostNameType == UriHostNameType.IPv6 && url.DnsSafeHost.Contains('%', StringComparison.Ordinal);

    /// <summary>
    /// For the header <c>Host</c> and for eyes: an IPv6 address in brackets, and never a zone, which the other side does not know (RFC
    /// 6874, section 1).
    /// </summary>
    public static string WithoutZone(Uri url) => url.HostNameType == UriHostNameType.IPv6 ? url.Host : url.IdnHost;
}
