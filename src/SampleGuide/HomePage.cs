using System.Text;
using System.Text.Encodings.Web;

namespace SampleGuide;

/// <summary>What a browser shows at <c>/</c>: that the way through the gateway works, and where to go on.</summary>
internal sealed class HomePage(string name)
{
    private static readonly (string Path, string Text)[] Links =
    [
        ("/api/guide/recommend?user=42", "recommendations for a user, as JSON"),
        ("/api/guide/trending/shoes", "what is in demand, as JSON"),
        ("/api/guide/chat?q=shoes", "a chat, as an event stream"),
        ("/guide/shoes", "a page of the guide"),
    ];

    public Task RespondAsync(HttpContext context)
    {
        var page = new StringBuilder(2048);
        page.Append("""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Shopping guide</title>
            <style>body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem; font: 1.05rem/1.6 system-ui, sans-serif; color-scheme: light dark }</style></head>
            <body><h1>Shopping guide</h1>

            """);
        page.Append("<p>This page comes from <strong>")
            .Append(HtmlEncoder.Default.Encode(name))
            .Append("</strong>. Stop that guide and reload: another one responds.</p>\n<ul>\n");
        foreach (var (path, text) in Links)
        {
            page.Append("<li><a href=\"").Append(path).Append("\">").Append(path).Append("</a>: ").Append(text).Append("</li>\n");
        }

        page.Append("</ul></body></html>\n");
        var body = Encoding.UTF8.GetBytes(page.ToString());
        return GuideResponse.BytesAsync(context, StatusCodes.Status200OK, "text/html; charset=utf-8", body);
    }
}
