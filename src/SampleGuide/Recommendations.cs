using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SampleGuide;

/// <summary>What a user might like, what is in demand, and the guide's pages.</summary>
internal sealed class Recommendations(string name)
{
    public Task RecommendAsync(HttpContext context)
    {
        string user = UserOf(context);
        string category = One(context, "category", "all");

        // Weak: the responses of two guides differ in `source` alone, and mean the same.
        string etag = $"W/\"{Wares.Hash($"{user}\n{category}"):x8}\"";
        context.Response.Headers.ETag = etag;
        context.Response.Headers.CacheControl = "max-age=5";
        if (context.Request.Headers.IfNoneMatch == etag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        return GuideResponse.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("source", name);
            json.WriteString("user", user);
            json.WriteString("category", category);
            WriteItems(json, "items", $"{user}\n{category}", 6);
            json.WriteEndObject();
        });
    }

    public Task TrendingAsync(HttpContext context, string category)
    {
        context.Response.Headers.CacheControl = "max-age=30";
        return GuideResponse.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("source", name);
            json.WriteString("category", category);
            WriteItems(json, "items", $"trending\n{category}", 5);
            json.WriteEndObject();
        });
    }

    public Task PageAsync(HttpContext context, string path)
    {
        var page = new StringBuilder(1024);
        page.Append(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Shopping guide</title></head>\n<body><h1>Shopping "
                + "guide</h1>\n<p>")
            .Append(HtmlEncoder.Default.Encode(path)).Append("</p>\n<ul>\n");
        for (int i = 0; i < 5; i++)
        {
            Ware ware = Wares.For($"{path}\n{i}");
            page.Append("<li>").Append(ware.Title).Append(", ").Append(ware.Price).Append(" EUR: ").Append(ware.Reason).Append("</li>\n");
        }

        page.Append("</ul>\n<footer>").Append(name).Append("</footer></body></html>\n");
        var body = Encoding.UTF8.GetBytes(page.ToString());
        return GuideResponse.BytesAsync(context, StatusCodes.Status200OK, "text/html; charset=utf-8", body);
    }

    private static void WriteItems(Utf8JsonWriter json, string key, string seed, int count)
    {
        json.WriteStartArray(key);
        for (int i = 0; i < count; i++)
        {
            Ware ware = Wares.For($"{seed}\n{i}");
            json.WriteStartObject();
            json.WriteString("id", ware.Id);
            json.WriteString("title", ware.Title);
            json.WriteNumber("price", ware.Price);
            json.WriteString("currency", "EUR");
            json.WriteString("reason", ware.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // As guides do that grew over the years: the user comes by whatever way, and no header of the response tells a cache so.
    private static string UserOf(HttpContext context)
    {
        HttpRequest request = context.Request;
        string? named = request.Query["user"] is [{ Length: > 0 } query, ..] ? query
            : request.Headers["X-User"] is [{ Length: > 0 } header, ..] ? header
            : request.Headers.Authorization is [{ } token, ..] && token.StartsWith("Bearer ", StringComparison.Ordinal)
                ? token["Bearer ".Length..]
            : request.Cookies["user"];
        return named is { Length: > 0 } ? named : "guest";
    }

    private static string One(HttpContext context, string key, string otherwise) =>
        context.Request.Query[key] is [{ Length: > 0 } value, ..] ? value : otherwise;
}
