namespace SampleGuide;

/// <summary>Which path gets which response.</summary>
internal sealed class Guide(GuideOptions options, TimeProvider time, CancellationToken stopping)
{
    private readonly Recommendations _recommendations = new(options.Name);
    private readonly HomePage _home = new(options.Name);
    private readonly Chat _chat = new(options.Name, time, stopping);
    private readonly Cart _cart = new(options.Name, options.Orders);
    private readonly Probes _probes = new(time, stopping);

    public async Task HandleAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "/";
        if (path is "/health")
        {
            await GuideResponse.BytesAsync(context, StatusCodes.Status200OK, "text/plain", "ok"u8.ToArray());
            return;
        }

        if (options.Latency > TimeSpan.Zero)
        {
            await Task.Delay(options.Latency, time, context.RequestAborted);
        }

        await (path switch
        {
            "/" => _home.RespondAsync(context),
            "/api/guide/recommend" => _recommendations.RecommendAsync(context),
            "/api/guide/chat" => _chat.RespondAsync(context),
            "/api/cart" => _cart.ExecuteAsync(context),
            "/api/cart/executions" => _cart.CountAsync(context),
            "/echo" => Probes.EchoAsync(context),
            "/bytes" => Probes.BytesAsync(context),
            "/slow-body" => _probes.SlowBodyAsync(context),
            "/ws" => _probes.WebSocketAsync(context),
            _ when path.StartsWith("/api/guide/trending/", StringComparison.Ordinal) => _recommendations.TrendingAsync(
                context,
                path["/api/guide/trending/".Length..]),
            _ when path is "/guide" || path.StartsWith("/guide/", StringComparison.Ordinal) => _recommendations.PageAsync(context, path),
            _ => NotFoundAsync(context),
        });
    }

    private static Task NotFoundAsync(HttpContext context) => GuideResponse.JsonAsync(context, StatusCodes.Status404NotFound, json =>
    {
        json.WriteStartObject();
        json.WriteString("error", "The guide has no such page.");
        json.WriteEndObject();
    });
}
