using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Configuration.Model;

namespace Gateway.Configuration.Keys;

/// <summary>
/// Reads <c>kubernetes://SERVICE.NAMESPACE:PORT</c>, or <c>kubernetes+https://</c> for pods that speak TLS: a Service whose EndpointSlices
/// are followed.
/// </summary>
internal static partial class KubernetesUrl
{
    /// <summary>What such a URL looks like, for editors.</summary>
    public const string Pattern = @"^kubernetes(\+https)?://[a-z0-9-]+(\.[a-z0-9-]+)?(:[A-Za-z0-9-]+)?(/[^?#]*)?$";

    /// <summary>What is wrong with one that is no such URL.</summary>
    public const string Rule =
        "Write kubernetes://SERVICE.NAMESPACE:PORT, with the name of a port or the number that the pods listen at";

    private const string Plain = "kubernetes://";
    private const string Tls = "kubernetes+https://";

    /// <summary>The text means to be one.</summary>
    public static bool IsMeant(string text) =>
        text.StartsWith(Plain, StringComparison.Ordinal) || text.StartsWith(Tls, StringComparison.Ordinal);

    /// <summary>The destination; null: the text breaks the rule.</summary>
    public static DestinationConfig? Of(string text)
    {
        var isTls = text.StartsWith(Tls, StringComparison.Ordinal);
        var match = Parts().Match(text[(isTls ? Tls : Plain).Length..]);
        if (!match.Success || !IsPort(match.Groups["port"].Value))
        {
            return null;
        }

        string? Part(string name) => match.Groups[name] is { Success: true, Value: var value } ? value : null;
        var service = new KubernetesServiceName(match.Groups["service"].Value, Part("namespace"), Part("port"));
        var host = service.Namespace is null ? service.Service : $"{service.Service}.{service.Namespace}";
        return Uri.TryCreate($"{(isTls ? "https" : "http")}://{host}{Part("path")}", UriKind.Absolute, out var url)
            ? new DestinationConfig { Name = service.ToString(), Url = url, Resolve = true, Kubernetes = service }
            : null;
    }

    // A name has a letter in it, and a number is one of a port.
    private static bool IsPort(string port) =>
        port.Length == 0
        || (port.Any(char.IsAsciiLetter)
            ? port.Length <= 15
            : int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 65535);

    [GeneratedRegex(
        @"^(?<service>[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.(?<namespace>[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?))?"
            + @"(:(?<port>[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?))?(?<path>/[^?#\s\\""<>]*)?\z",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parts();
}
