using System.CommandLine;

namespace Gateway.Cli;

/// <summary>The options of <c>last-good</c> that fetch responses ahead.</summary>
internal sealed class WarmOptions
{
    private readonly Option<string?> _file = new("--warm")
    {
        Description = "Fetch each path or URL of this file, one a line, through the public listener, so that its response is stored.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _url = new("--url")
    {
        Description = "The public listener for --warm. Default: the configuration's first listen.url.",
        HelpName = "URL",
    };

    private readonly Option<string?> _host = new("--host")
    {
        Description =
            "The Host that users ask for, for lines of --warm that are only a path: responses are kept by host. Default: the public "
                + "listener itself.",
        HelpName = "NAME",
    };

    private readonly Option<string[]> _header = new("--header")
    {
        Description = "A further header of --warm's requests, like \"Accept-Language: de\"; may be given more than once.",
        HelpName = "LINE",
    };

    private readonly Option<int> _atOnce = new("--at-once")
    {
        Description = "Requests of --warm at the same time, 1 to 64. Default: 8.",
        HelpName = "N",
        DefaultValueFactory = static _ => 8,
    };

    /// <summary>Adds them in their order.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_file);
        command.Options.Add(_url);
        command.Options.Add(_host);
        command.Options.Add(_header);
        command.Options.Add(_atOnce);
    }

    /// <summary>Whether responses are to be fetched.</summary>
    public bool IsWanted(ParseResult parsed) => parsed.GetValue(_file) is not null;

    /// <summary>Fetches them; the exit code.</summary>
    public async Task<int> RunAsync(ParseResult parsed, AdminTarget target, CancellationToken cancellationToken)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var (listener, problem) = parsed.GetValue(_url) is { } named ? (named, null) : target.UsersUrl(parsed);
        if (listener is null)
        {
            return await problem!.PrintAsync(output, error, target.IsJson(parsed));
        }

        var file = parsed.GetRequiredValue(_file)!;
        var plan = new WarmPlan(file, listener, parsed.GetValue(_host), parsed.GetValue(_header) ?? [], parsed.GetValue(_atOnce));
        return await WarmRun.RunAsync(plan, output, error, cancellationToken);
    }
}
