using System.Collections.Concurrent;
using System.Text.Json;

namespace SampleGuide;

/// <summary>Executes orders, as often as it is told to: an order that reached the guides twice shows as executed twice.</summary>
internal sealed class Cart(string name, string? ordersFile)
{
    private readonly ConcurrentDictionary<string, int> _executions = new(StringComparer.Ordinal);
    private readonly OrderFile? _file = ordersFile is null ? null : new OrderFile(ordersFile);

    public async Task ExecuteAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = "POST";
            return;
        }

        string? id = await IdAsync(context);
        if (id is not { Length: > 0 and <= 200 } || id.Any(c => char.IsControl(c) || c == ' '))
        {
            await GuideResponse.JsonAsync(context, StatusCodes.Status400BadRequest, json =>
            {
                json.WriteStartObject();
                json.WriteString("error", "An order needs an id of 1 to 200 characters without spaces, as ?id=… or as {\"id\":\"…\"}.");
                json.WriteEndObject();
            });
            return;
        }

        // Once executed, it is executed: first the file that outlives this process, then the count, then the response.
        _file?.Append($"{id} {name} {Environment.ProcessId}\n");
        int count = _executions.AddOrUpdate(id, 1, (_, before) => before + 1);
        await GuideResponse.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("executed", id);
            json.WriteString("source", name);
            json.WriteNumber("count", count);
            json.WriteEndObject();
        });
    }

    public Task CountAsync(HttpContext context) => GuideResponse.JsonAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteStartObject();
        foreach ((string id, int count) in _executions)
        {
            json.WriteNumber(id, count);
        }

        json.WriteEndObject();
    });

    private static async Task<string?> IdAsync(HttpContext context)
    {
        if (context.Request.Query["id"] is [{ } id, ..])
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            return id;
        }

        try
        {
            using JsonDocument order = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            return order.RootElement.ValueKind == JsonValueKind.Object
                && order.RootElement.TryGetProperty("id", out JsonElement value)
                && value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
