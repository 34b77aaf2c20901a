using System.CommandLine;
using Gateway.Configuration;
using Gateway.Configuration.Keys;
using Gateway.Configuration.Reading;

namespace Gateway.Cli;

/// <summary>
/// <c>explain METHOD URL</c>: what the configuration makes of one request, by the routing that serves it, without a server.
/// </summary>
internal static class ExplainCommand
{
    /// <summary>The command; exit code 1 when no route takes the request.</summary>
    public static Command Create(Func<string, string?> environment)
    {
        var method = new Argument<string>("METHOD") { Description = "The request's method, like GET." };
        var url = new Argument<string>("URL") { Description = "The request's URL or path, like /api/guide/recommend?category=shoes." };
        var header = new Option<string[]>("--header")
        {
            Description = "A header of the request, like \"X-Tenant: a\"; may be given several times.",
            HelpName = "NAME: VALUE",
            AllowMultipleArgumentsPerToken = false
        };
        var config = new Option<string?>("--config") { Description = ConfigPath.Description, HelpName = "FILE" };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of text; errors, too." };
        var command = new Command("explain", "Says which route, cluster, level and fallback chain a request gets.")
        {
            method,
            url,
            header,
            config,
            json
        };
        command.SetAction((parsed, _) => RunAsync(
            parsed.GetRequiredValue(method),
            parsed.GetRequiredValue(url),
            parsed.GetValue(header) ?? [],
            () => ConfigLoader.Load(ConfigPath.Of(parsed.GetValue(config), environment), environment),
            parsed.GetValue(json),
            parsed.InvocationConfiguration));
        return command;
    }

    private static async Task<int> RunAsync(
        string verb, string url, string[] lines, Func<ConfigResult> load, bool isJson, InvocationConfiguration console)
    {
        var (output, error) = (console.Output, console.Error);
        if (!Schemas.IsToken(verb))
        {
            return await Refuse($"{Reader.Quote(verb)} is not a valid HTTP method. Use one such as GET, and the URL after it.");
        }

        if (UrlOf(url) is not { } target)
        {
            return await Refuse($"{Reader.Quote(url)} is not a URL. Write http://HOST/PATH, or a path that begins with a slash.");
        }

        if (HeadersOf(lines, out var wrong) is not { } headers)
        {
            return await Refuse($"{Reader.Quote(wrong)} is not a header. Write one like \"X-Tenant: a\".");
        }

        var loaded = load();
        if (loaded.Config is not { } valid)
        {
            return await ConfigPath.FailureOf(loaded).PrintAsync(output, error, isJson);
        }

        var explanation = await Explanation.OfAsync(valid, verb, target, headers);
        await output.WriteAsync(isJson ? ReadableJson.Of(explanation) : ExplanationText.Of(explanation));
        return explanation.Route is null ? GatewayCli.Failed : GatewayCli.Done;

        Task<int> Refuse(string why) => new CommandFailure(GatewayCli.BadUsage, why).PrintAsync(output, error, isJson);
    }

    private static List<KeyValuePair<string, string>>? HeadersOf(string[] lines, out string wrong)
    {
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var line in lines)
        {
            wrong = line;
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 1 || !Schemas.IsToken(line[..colon]))
            {
                return null;
            }

            headers.Add(new(line[..colon], line[(colon + 1)..].Trim()));
        }

        wrong = "";
        return headers;
    }

    private static Uri? UrlOf(string text)
    {
        var absolute = text.StartsWith('/') ? "http://localhost" + text : text;
        return Uri.TryCreate(absolute, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https") ? url : null;
    }
}
