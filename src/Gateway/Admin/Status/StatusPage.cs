using System.Security.Cryptography;

namespace Gateway.Admin.Status;

/// <summary>The status page: one file inside the executable, bound to its own script and style by a nonce of each response.</summary>
internal sealed class StatusPage
{
    private const string Placeholder = "{{nonce}}";

    private readonly string _html;

    public StatusPage()
    {
        using var stream = typeof(StatusPage).Assembly.GetManifestResourceStream("StatusPage.html")
            ?? throw new InvalidOperationException("The status page is missing from the executable: build it again.");
        using var reader = new StreamReader(stream);
        _html = reader.ReadToEnd();
    }

    /// <summary>Answers with the page.</summary>
    public Task WriteAsync(HttpContext context, int status = StatusCodes.Status200OK)
    {
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; base-uri "
                + $"'none'; form-action 'none'; frame-ancestors 'none'";
        return context.Response.WriteAsync(_html.Replace(Placeholder, nonce, StringComparison.Ordinal), context.RequestAborted);
    }
}
