using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Rules;

namespace Gateway.Health.Signals.DeepProbes;

/// <summary>One synthetic conversation with a destination, over a connection of its own.</summary>
internal static class Conversation
{
    /// <summary>Has it, and says how it went. Throws nothing but for <paramref name="cancellationToken"/>.</summary>
    public static async Task<ConversationResult> RunAsync(
        Destination destination, DeepProbeConfig probe, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        using var deadline = new CancellationTokenSource(probe.FirstContent < probe.Total ? probe.FirstContent : probe.Total, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        using var client = new HttpMessageInvoker(SignalHttp.HandlerFor(destination, port: null, probe.FirstContent, time));
        var hasContent = false;
        var status = 0;
        try
        {
            using var request = RequestOf(destination, probe);
            using var response = await client.SendAsync(request, both.Token).ConfigureAwait(false);
            status = (int)response.StatusCode;
            if (status < probe.Expect.From || status > probe.Expect.To)
            {
                return ConversationResult.Failed(FailureCauses.WordsOf(FailureCause.Status, status));
            }

            var body = new ConversationBody(string.Equals(
                response.Content.Headers.ContentType?.MediaType, "text/event-stream", StringComparison.OrdinalIgnoreCase));
            TimeSpan? firstContent = null;
            await ReadAsync(response, body, both.Token, () =>
            {
                firstContent = time.GetElapsedTime(started);
                hasContent = true;
                var left = probe.Total - firstContent.Value;
                deadline.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            }).ConfigureAwait(false);
            var missing = firstContent is null ? FailureCause.UnexpectedBody : body.Judge(probe.Expect);
            return missing == FailureCause.None
                ? ConversationResult.Passed(Words(firstContent!.Value, time.GetElapsedTime(started)))
                : ConversationResult.Failed(firstContent is null ? "no content" : FailureCauses.WordsOf(missing));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception) when (deadline.IsCancellationRequested)
        {
            return ConversationResult.Failed(hasContent ? "it took too long" : "no content in time");
        }
        catch (Exception e)
        {
            // Whatever it was: words of our own, never what a destination sent.
            var cause = FailureCauses.Of(e);
            return LocalFailure.Is(e)
                ? ConversationResult.Unknown
                : ConversationResult.Failed(FailureCauses.WordsOf(
                    cause == FailureCause.Closed && status > 0 ? FailureCause.Truncated : cause));
        }
    }

    private static HttpRequestMessage RequestOf(Destination destination, DeepProbeConfig probe)
    {
        var isAlone = destination.SpeaksHttp2Alone;
        var request = new HttpRequestMessage(new HttpMethod(probe.Method), ProbeExchange.AddressOf(destination.Url, probe.Path))
        {
            Version = isAlone ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = isAlone ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrHigher,
        };
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue(new ProductHeaderValue("gateway-deep-probe")));
        request.Headers.Host = destination.HostName;
        if (!string.Equals(probe.Method, "GET", StringComparison.Ordinal))
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(probe.Body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", probe.ContentType);
        }

        foreach (var header in probe.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(header.Name, header.Value))
            {
                request.Content?.Headers.TryAddWithoutValidation(header.Name, header.Value);
            }
        }

        return request;
    }

    private static async Task ReadAsync(
        HttpResponseMessage response, ConversationBody body, CancellationToken cancellationToken, Action onContent)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                int count;
                while ((count = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                {
                    var before = body.HasContent;
                    body.Add(buffer.AsSpan(0, count));
                    if (body.HasContent && !before)
                    {
                        onContent();
                    }
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string Words(TimeSpan firstContent, TimeSpan total) => string.Create(
        CultureInfo.InvariantCulture,
        $"first content after {firstContent.TotalSeconds:0.0##} s, all after {total.TotalSeconds:0.0##} s");
}
