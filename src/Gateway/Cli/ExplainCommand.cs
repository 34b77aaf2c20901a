using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Configuration;
using Gateway.Configuration.Keys;
using Gateway.Configuration.Reading;

namespace Gateway.Cli;

/// <summary>
/// <c>explain METHOD URL</c>: what the configuration makes of one request, by the routing that serves it, without a server.
/// </summary>
internal static class ExplainCommand
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The command; exit code 1 when no route takes the request.</summary>
    public static Command Create(Func<string, string?> environment)
    {
        var method = new Argument<string>("METHOD") { Description = "The request's method, like GET." };
        var url = new Argument<string>("URL") { Description = "The request's URL or path, like /api/guide/recommend?category=shoes." };
        var header = new Option<string[]>("--header") { Description = "A header of the request, like \"X-Tenant: a\"; may be given several times.", HelpName = "NAME: VALUE", AllowMultipleArgumentsPerToken = false };
        var config = new Option<string?>("--config") { Description = ConfigPath.Description, HelpName = "FILE" };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of text; errors, too." };
        var command = new Command("explain", "Says which route, cluster, level and fallback chain a request gets.") { method, url, header, config, json };
        command.SetAction(async (parsed, _) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var verb = parsed.GetRequiredValue(method);
            var isJson = parsed.GetValue(json);
            if (!Schemas.IsToken(verb))
            {
                return await new CommandFailure(GatewayCli.BadUsage, $"{Reader.Quote(verb)} is not a valid HTTP method. Use one such as GET, and the URL after it.").PrintAsync(output, error, isJson);
            }

            if (UrlOf(parsed.GetRequiredValue(url)) is not { } target)
            {
                return await new CommandFailure(GatewayCli.BadUsage, $"{Reader.Quote(parsed.GetRequiredValue(url))} is not a URL. Write http://HOST/PATH, or a path that begins with a slash.").PrintAsync(output, error, isJson);
            }

            var headers = new List<KeyValuePair<string, string>>();
            foreach (var line in parsed.GetValue(header) ?? [])
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                if (colon < 1 || !Schemas.IsToken(line[..colon]))
                {
                    return await new CommandFailure(GatewayCli.BadUsage, $"{Reader.Quote(line)} is not a header. Write one like \"X-Tenant: a\".").PrintAsync(output, error, isJson);
                }

                headers.Add(new(line[..colon], line[(colon + 1)..].Trim()));
            }

            var loaded = ConfigLoader.Load(ConfigPath.Of(parsed.GetValue(config), environment), environment);
            if (loaded.Config is not { } valid) return await ConfigPath.FailureOf(loaded).PrintAsync(output, error, isJson);

            var explanation = await Explanation.OfAsync(valid, verb, target, headers);
            await output.WriteAsync(isJson ? JsonSerializer.Serialize(explanation, Readable) + "\n" : ExplanationText.Of(explanation));
            return explanation.Route is null ? GatewayCli.Failed : GatewayCli.Done;
        });
        return command;
    }

    private static Uri? UrlOf(string text)
    {
        var absolute = text.StartsWith('/') ? "http://localhost" + text : text;
        return Uri.TryCreate(absolute, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https") ? url : null;
    }
}
