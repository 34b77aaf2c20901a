using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Gateway.Drills.Processes;

/// <summary>A sample guide in a process of its own, on a port that it keeps over restarts.</summary>
internal sealed class GuideProcess : ChildProcess
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero })
    {
        Timeout = TimeSpan.FromSeconds(5)
    };

    private GuideProcess(
        string name,
        int port,
        string ordersFile,
        IReadOnlyList<string> command,
        IReadOnlyDictionary<string, string>? environment)
        : base(name, command[0], [.. command.Skip(1)], environment)
    {
        Port = port;
        OrdersFile = ordersFile;
        Url = $"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>The guide's port.</summary>
    public int Port { get; }

    /// <summary>The guide's address, without a slash at the end.</summary>
    public string Url { get; }

    /// <summary>Where the guide notes each order that it executed: a line <c>id name pid</c>.</summary>
    public string OrdersFile { get; }

    /// <summary>When it last began to answer after a start; a <see cref="Stopwatch"/> timestamp.</summary>
    public long AnsweringSince { get; private set; }

    /// <summary>Describes a guide; nothing is started yet.</summary>
    public static GuideProcess Create(
        string name,
        string ordersFile,
        int? port = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var at = port ?? FreePorts.Next();
        string[] command =
        [
            "dotnet", Repository.GuideProgram,
            "--port", at.ToString(CultureInfo.InvariantCulture), "--name", name, "--orders", ordersFile,
        ];
        return new(name, at, ordersFile, command, environment);
    }

    /// <summary>Starts it and waits until it answers.</summary>
    public override async Task StartAsync(CancellationToken cancel = default)
    {
        await base.StartAsync(cancel);
        await UntilAsync("answering on /health", TimeSpan.FromSeconds(20), AnswersAsync, cancel);
        AnsweringSince = Stopwatch.GetTimestamp();
    }

    /// <summary>Makes it misbehave from now on. A restart ends every fault.</summary>
    public async Task SetFaultAsync(GuideFault fault, CancellationToken cancel = default)
    {
        using var content = new StringContent(fault.ToJson(), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var response = await Http.PutAsync($"{Url}/faults", content, cancel);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Makes it behave again.</summary>
    public async Task ClearFaultAsync(CancellationToken cancel = default)
    {
        using var response = await Http.DeleteAsync($"{Url}/faults", cancel);
        response.EnsureSuccessStatusCode();
    }

    private async Task<bool> AnswersAsync(CancellationToken cancel)
    {
        try
        {
            using var response = await Http.GetAsync($"{Url}/health", cancel);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // Not listening yet: asked again until the deadline.
            return false;
        }
    }
}
