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
        if (await ResolveAsync(parsed, error) is not { } target)
        {
            return GatewayCli.BadUsage;
        }

        using var client = new AdminClient(target.Url, target.Token);
        var answer = await ask(client);
        if (client.Gateway is { } gateway)
        {
            // Beside the output, which may be read by a program: several gateways may run on one machine.
            await error.WriteLineAsync($"Gateway {gateway} at {target.Url.GetLeftPart(UriPartial.Authority)}, by {target.By}.");
        }

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

    private async Task<(Uri Url, string? Token, string By)?> ResolveAsync(ParseResult parsed, TextWriter error)
    {
        var token = _environment(TokenVariable) is { Length: > 0 } set ? set : null;
        if (parsed.GetValue(_admin) is { Length: > 0 } given)
        {
            // The configuration's token belongs to its own port and is not sent to another.
            if (Uri.TryCreate(given, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https"))
            {
                return (url, token, "--admin");
            }

            await error.WriteLineAsync($"This is not the URL of an admin endpoint, given \"{given}\". Write one like http://127.0.0.1:8081.");
            return null;
        }

        var path = ConfigPath.Of(parsed.GetValue(_config), _environment);
        if (!ConfigPath.IsNamed(parsed.GetValue(_config), _environment) && !Path.Exists(path))
        {
            var defaults = new AdminConfig();
            return (defaults.Url, token, "default, as no configuration is named");
        }

        // A file with problems must not keep an operator from the gateway that runs with the one before; but where it does not say which gateway that is, none is guessed.
        var loaded = ConfigLoader.Load(path, _environment);
        if ((loaded.Config?.Admin ?? loaded.WrittenAdmin) is { } admin)
        {
            return (Reached(admin.Url), token ?? admin.Token, path);
        }

        await ConfigPath.PrintAsync(loaded, error);
        await error.WriteLineAsync($"Which gateway is meant cannot be read from \"{path}\". Correct the file, or name the admin endpoint with --admin URL.");
        return null;
    }
}
