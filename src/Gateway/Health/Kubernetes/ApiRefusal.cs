using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Gateway.Health.Kubernetes;

/// <summary>What a response means with which the API server refuses.</summary>
internal static class ApiRefusal
{
    private const int LongestStatus = 64 * 1024;

    /// <summary>Lets a good response pass.</summary>
    /// <exception cref="KubernetesException">It is a refusal.</exception>
    public static async Task ThrowIfRefusedAsync(HttpResponseMessage response, string space, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var said = await StatusOf(response, cancellationToken).ConfigureAwait(false);
        var words = said is null ? "" : $" ({said.TrimEnd('.')})";
        throw new KubernetesException(response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => $"The API server does not know the gateway (401){words}. Check its token: in a pod, that of its "
                + "service account",
            HttpStatusCode.Forbidden => $"The API server forbids to read the EndpointSlices of namespace '{space}' (403){words}. Let the "
                + "gateway's service account get, list and watch endpointslices there (deploy/kubernetes/examples/endpointslices)",
            HttpStatusCode.NotFound => $"The API server has no EndpointSlices of discovery.k8s.io/v1 (404){words}. They come with "
                + "Kubernetes 1.21",
            HttpStatusCode.Gone => $"What was known is too old to be watched from (410){words}",
            var other => string.Create(CultureInfo.InvariantCulture, $"The API server responded with {(int)other}{words}"),
        })
        {
            IsGone = response.StatusCode == HttpStatusCode.Gone,
        };
    }

    private static async Task<string?> StatusOf(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(LongestStatus, cancellationToken).ConfigureAwait(false);
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            var status = await JsonSerializer.DeserializeAsync(
                stream, KubernetesJson.Default.ApiStatus, cancellationToken).ConfigureAwait(false);
            return ApiText.Clean(status?.Message);
        }
        catch (Exception e) when (e is JsonException or HttpRequestException)
        {
            // Something else than an API server answered: its status says enough.
            return null;
        }
    }
}
