using System.CommandLine;
using System.Text.Json;
using Gateway.Admin;
using Gateway.Configuration;

namespace Gateway.Cli;

/// <summary>The options that all operators' commands share, and how they print.</summary>
internal sealed class AdminTarget
{
    private const string TokenVariable = "GATEWAY_ADMIN_TOKEN";

    private static readonly JsonSerializerOptions Readable = new(AdminJson.Options) { WriteIndented = true };

    private readonly Option<string?> _admin = new("--admin") { Description = "The operators' port. Default: the configuration's admin.url, else http://127.0.0.1:8081.", HelpName = "URL" };
    private readonly Option<string?> _config = new("--config") { Description = ConfigPath.Description, HelpName = "FILE" };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON instead of text." };
    private readonly Func<string, string?> _environment;

    /// <summary>Adds the options to a command.</summary>
    public AdminTarget(Command command, Func<string, string?> environment)
    {
        _environment = environment;
        command.Options.Add(_admin);
        command.Options.Add(_config);
        command.Options.Add(_json);
    }

    /// <summary>Asks, prints text or JSON, and gives the exit code.</summary>
    public async Task<int> RunAsync<T>(ParseResult parsed, Func<AdminClient, Task<AdminAnswer<T>>> ask, Func<T, string> text)
        where T : class
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        if (Resolve(parsed) is not { } target)
        {
            await error.WriteLineAsync($"This is no URL of an operators' port, given \"{parsed.GetValue(_admin)}\". Write one like http://127.0.0.1:8081.");
            return GatewayCli.BadUsage;
        }

        using var client = new AdminClient(target.Url, target.Token);
        var answer = await ask(client);
        if (answer.Value is not { } value)
        {
            await error.WriteLineAsync(answer.Problem);
            return GatewayCli.Failed;
        }

        await output.WriteAsync(parsed.GetValue(_json) ? JsonSerializer.Serialize(value, Readable) + "\n" : text(value));
        return GatewayCli.Done;
    }

    /// <summary>The users' port, as the configuration names it; where there is none, the default one.</summary>
    public string UsersUrl(ParseResult parsed)
    {
        var listen = ConfigLoader.Load(ConfigPath.Of(parsed.GetValue(_config), _environment), _environment).Config?.Listen;
        return listen is [var first, ..] ? Reached(first.Url).GetLeftPart(UriPartial.Authority) : "http://127.0.0.1:8080";
    }

    private static Uri Reached(Uri url) => url.Host is "0.0.0.0" or "[::]" or "*" ? new UriBuilder(url) { Host = "127.0.0.1" }.Uri : url;

    private (Uri Url, string? Token)? Resolve(ParseResult parsed)
    {
        var token = _environment(TokenVariable) is { Length: > 0 } set ? set : null;
        if (parsed.GetValue(_admin) is { Length: > 0 } given)
        {
            // The configuration's token belongs to its own port and is not sent to another.
            return Uri.TryCreate(given, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https") ? (url, token) : null;
        }

        // A file that is missing or wrong must not keep an operator from a gateway that runs: its defaults are tried.
        var config = ConfigLoader.Load(ConfigPath.Of(parsed.GetValue(_config), _environment), _environment).Config?.Admin ?? new AdminConfig();
        return (Reached(config.Url), token ?? config.Token);
    }
}
