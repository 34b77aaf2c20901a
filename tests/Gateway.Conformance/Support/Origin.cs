using System.Text.Json;
using Gateway.Drills.Processes;

namespace Gateway.Conformance.Support;

/// <summary>A server of ours that only starts somebody else's: it chooses its own ports and prints them as one line of JSON.</summary>
internal sealed class Origin(
    string name,
    string file,
    IReadOnlyList<string> arguments,
    IReadOnlyDictionary<string, string>? environment = null) : ChildProcess(name, file, arguments, environment)
{
    private Dictionary<string, int> _ports = [];

    /// <summary>The port that it printed under this name.</summary>
    public int Port(string of) => _ports[of];

    public override async Task StartAsync(CancellationToken cancel = default)
    {
        await base.StartAsync(cancel);
        await UntilAsync("listening", TimeSpan.FromSeconds(180), _ =>
        {
            var line = Output.Split('\n').FirstOrDefault(text => text.StartsWith('{') && text.EndsWith('}'));
            _ports = line is null ? [] : JsonSerializer.Deserialize<Dictionary<string, int>>(line)!;
            return Task.FromResult(_ports.Count > 0);
        }, cancel);
    }
}
