using System.CommandLine;
using System.Text.Json;
using Gateway.Admin.Endpoints;
using Gateway.Configuration;
using Gateway.Configuration.Model;

namespace Gateway.Cli;

/// <summary>The options that all operators' commands share, and how they print.</summary>
internal sealed class AdminTarget
{
    /// <summary>Holds the token.</summary>
    public const string TokenVariable = "GATEWAY_ADMIN_TOKEN";

    private static readonly JsonSerializerOptions Readable = new(AdminJson.Options) { WriteIndented = true };

    private readonly Option<string?> _admin = new("--admin")
    {
        Description = "The admin endpoint. Default: the configuration's admin.url, else http://127.0.0.1:8081.",
        HelpName = "URL"
    };
    private readonly Option<string?> _config = new("--config") { Description = ConfigPath.Description, HelpName = "FILE" };
    private readonly Option<string?> _ca = new("--ca")
    {
        Description = "PEM file that is trusted at an https admin endpoint: its certificate itself, or an authority's. Default: the "
            + "configuration's admin.certificate.file.",
        HelpName = "FILE"
    };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON instead of text; errors, too." };
    private readonly OperatorCertificate _certificate;
    private readonly Func<string, string?> _environment;

    /// <summary>Adds the options to a command.</summary>
    public AdminTarget(Command command, Func<string, string?> environment)
    {
        _environment = environment;
        command.Options.Add(_admin);
        command.Options.Add(_config);
        command.Options.Add(_ca);
        _certificate = new OperatorCertificate(command, environment);
        command.Options.Add(_json);
    }

    /// <summary>Asks, prints text or JSON, and gives the exit code.</summary>
    public async Task<int> RunAsync<T>(ParseResult parsed, Func<AdminClient, Task<AdminResponse<T>>> ask, Func<T, string> text)
        where T : class
    {
        var (output, error, json) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, parsed.GetValue(_json));
        var (endpoint, problem) = Resolve(parsed);
        if (endpoint is { } found)
        {
            (endpoint, problem) = _certificate.Add(parsed, found);
        }

        if (endpoint is null)
        {
            return await problem!.PrintAsync(output, error, json);
        }

        using var client = new AdminClient(endpoint);
        var response = await ask(client);
        var address = endpoint.Url.GetLeftPart(UriPartial.Authority);
        if (client.Gateway is { } gateway && (!json || response.Value is not null))
        {
            // Beside the output, which may be read by a program: several gateways may run on one machine.
            await error.WriteAsync(Columns.Wrapped($"Gateway {gateway} at {address}, by {endpoint.By}."));
        }

        if (response.Value is not { } value)
        {
            return await new CommandFailure(GatewayCli.Failed, response.Problem
                ?? "The gateway gave no response.")
            {
                Address = address,
                Gateway = client.Gateway,
                Status = client.Status
            }.PrintAsync(output, error, json);
        }

        await output.WriteAsync(json ? JsonSerializer.Serialize(value, Readable) + "\n" : text(value));
        return GatewayCli.Done;
    }

    /// <summary>
    /// The first public listener, as the configuration names it; the default one where no configuration is there. Null with a failure:
    /// which one is meant cannot be read.
    /// </summary>
    public (string? Url, CommandFailure? Problem) UsersUrl(ParseResult parsed)
    {
        var path = ConfigPath.Of(parsed.GetValue(_config), _environment);
        if (!ConfigPath.IsNamed(parsed.GetValue(_config), _environment) && !Path.Exists(path))
        {
            return ("http://127.0.0.1:8080", null);
        }

        var loaded = ConfigLoader.Load(path, _environment);
        if (loaded.Config is not { } config)
        {
            return (null, Unreadable(loaded, path, "Name the public listener with --url URL."));
        }

        // One with the PROXY protocol is for a balancer.
        return config.Listen.FirstOrDefault(static listen => !listen.ProxyProtocol) is { } direct
            ? (Reached(direct.Url).GetLeftPart(UriPartial.Authority), null)
            : (null, new CommandFailure(
                GatewayCli.BadUsage,
                "Every public listener wants the PROXY protocol, which only a balancer speaks. Name the balancer's address with --url "
                    + "URL."));
    }

    /// <summary>What <c>--json</c> says.</summary>
    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    private static Uri Reached(Uri url) => url.Host is "0.0.0.0" or "[::]" or "*" ? new UriBuilder(url) { Host = "127.0.0.1" }.Uri : url;

    private static CommandFailure Unreadable(ConfigResult loaded, string path, string remedy) =>
        new(GatewayCli.BadUsage, $"Which gateway is meant cannot be read from \"{path}\". Correct the file. {remedy}")
        {
            Problems = [.. loaded.Problems.Select(static p => p.ToString())]
        };

    private (AdminEndpoint? Endpoint, CommandFailure? Problem) Resolve(ParseResult parsed)
    {
        var set = _environment(TokenVariable) is { Length: > 0 } variable ? variable : null;
        var source = set is null ? null : TokenVariable;
        var trusted = parsed.GetValue(_ca);
        if (parsed.GetValue(_admin) is { Length: > 0 } given)
        {
            // The configuration's token belongs to its own port and is not sent to another.
            return Uri.TryCreate(given, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https")
                ? (new AdminEndpoint(url, set, source, "--admin", trusted), null)
                : (null, new CommandFailure(
                    GatewayCli.BadUsage,
                    $"This is not the URL of an admin endpoint, given \"{given}\". Write one like http://127.0.0.1:8081."));
        }

        var path = ConfigPath.Of(parsed.GetValue(_config), _environment);
        if (!ConfigPath.IsNamed(parsed.GetValue(_config), _environment) && !Path.Exists(path))
        {
            return (new AdminEndpoint(new AdminConfig().Url, set, source, "default, as no configuration is named", trusted), null);
        }

        // A file with problems must not keep an operator from the gateway that runs with the one before; but where it does not say which
        // gateway that is, none is guessed.
        var loaded = ConfigLoader.Load(path, _environment);
        return (loaded.Config?.Admin ?? loaded.WrittenAdmin) is { } admin
            ? (EndpointOf(admin, set, source, path, trusted), null)
            : (null, Unreadable(loaded, path, "Or name the admin endpoint with --admin URL."));
    }

    private static AdminEndpoint EndpointOf(AdminConfig admin, string? set, string? source, string path, string? trusted)
    {
        var token = set ?? TokenOf(admin);
        return new(
            Reached(admin.Url), token, token is null ? null : source ?? path, path, trusted ?? admin.Certificate?.File);
    }

    // With the file in hand every token is; the one that allows most is sent.
    private static string? TokenOf(AdminConfig admin) => admin.Token ?? admin.Tokens.MaxBy(static token => token.Role)?.Token;
}
