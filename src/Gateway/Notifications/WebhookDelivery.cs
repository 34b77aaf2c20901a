using System.Globalization;
using System.Net.Http.Headers;

namespace Gateway.Notifications;

/// <summary>A POST with the notification as JSON. Any 2xx is success; 408, 429, 5xx and no response are tried again.</summary>
internal sealed class WebhookDelivery(Uri url) : INotifyDelivery
{
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
    })
    {
        // The deadline is the caller's.
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = 64 * 1024,
    };

    /// <inheritdoc/>
    // Chat services put their secret into the path.
    public string Name { get; } = $"webhook {url.Host}:{url.Port.ToString(CultureInfo.InvariantCulture)}";

    /// <inheritdoc/>
    public async Task DeliverAsync(Notification notification, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(notification.ToJson()) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
            using var response = await _http.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                cancellationToken).ConfigureAwait(false);
            var status = (int)response.StatusCode;
            if (!response.IsSuccessStatusCode)
            {
                throw new DeliveryException(
                    string.Create(CultureInfo.InvariantCulture, $"it answered {status}"),
                    status is 408 or 429 or >= 500);
            }
        }
        catch (HttpRequestException e)
        {
            throw new DeliveryException(HttpFailure.WordsOf(e), mayRepeat: true, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
