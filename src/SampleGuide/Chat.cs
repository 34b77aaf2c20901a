using System.Globalization;
using System.Text;

namespace SampleGuide;

/// <summary>
/// A response of the guide, token by token, as server-sent events. The tokens depend on the conversation alone, and <c>Last-Event-ID</c>
/// says where to go on: another guide carries on where this one was cut.
/// </summary>
internal sealed class Chat(string name, TimeProvider time, CancellationToken stopping)
{
    private static readonly string[] Words =
    [
        "For", "your", "trip", "I", "would", "take", "the", "lighter", "jacket", "and", "a", "pair", "of", "trail", "shoes", "because",
        "they", "dry", "quickly", "cost", "less", "than", "last", "year", "look", "well", "with", "what", "you", "have", "already",
        "chosen",
    ];

    public async Task RespondAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method)
            && !HttpMethods.IsPost(context.Request.Method)
            && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = "GET, HEAD, POST";
            return;
        }

        int tokens = Probes.Number(context, "tokens", 20, most: 1_000_000);
        int intervalMs = Probes.Number(context, "intervalMs", 30, most: 600_000);
        string conversation = context.Request.Query["conversation"] is [{ Length: > 0 } id, ..] ? id : "none";
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);

        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        int first = int.TryParse(context.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out int last)
            ? last + 1
            : 0;
        for (int i = first; i < tokens; i++)
        {
            if (i > first && intervalMs > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(intervalMs), time, end.Token);
            }

            string token = Words[Wares.Hash($"{conversation}\n{i}") % Words.Length];
            await SendAsync(context, $"id: {i}\ndata: {{\"token\":\"{token}\",\"source\":\"{name}\"}}\n\n", end.Token);
        }

        await SendAsync(context, $"event: done\ndata: {{\"tokens\":{tokens},\"source\":\"{name}\"}}\n\n", end.Token);
    }

    private static async Task SendAsync(HttpContext context, string text, CancellationToken cancellationToken)
    {
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
    }
}
