using System.Globalization;
using System.Net;

namespace Gateway.Drills.Processes;

/// <summary>The gateway in a process of its own, with its public listener and its admin endpoint.</summary>
internal sealed class GatewayProcess : ChildProcess
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler()) { Timeout = TimeSpan.FromSeconds(5) };

    private GatewayProcess(
        string configFile,
        int port,
        int adminPort,
        IReadOnlyList<string> command,
        IReadOnlyDictionary<string, string>? environment)
        : base("gateway", command[0], [.. command.Skip(1)], environment)
    {
        ConfigFile = configFile;
        Port = port;
        Url = $"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}";
        AdminUrl = $"http://127.0.0.1:{adminPort.ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>The file that it reads and watches.</summary>
    public string ConfigFile { get; }

    /// <summary>The public listener.</summary>
    public int Port { get; }

    /// <summary>The users' address, without a slash at the end.</summary>
    public string Url { get; }

    /// <summary>The operators' address, without a slash at the end.</summary>
    public string AdminUrl { get; }

    /// <summary>Describes a gateway; nothing is started yet. The ports must be those that the file names.</summary>
    /// <param name="cpu">A core to stay on, by taskset; null: any.</param>
    /// <param name="environment">More variables.</param>
    /// <param name="before">A command that starts the gateway's, whose words are appended to it; null: none.</param>
    /// <param name="program">The gateway's program; null: <see cref="Repository.GatewayProgram"/>.</param>
    public static GatewayProcess Create(
        string configFile,
        int port,
        int adminPort,
        int? cpu = null,
        IReadOnlyDictionary<string, string>? environment = null,
        IReadOnlyList<string>? before = null,
        string? program = null)
    {
        string[] command = ["dotnet", program ?? Repository.GatewayProgram, "run", "--config", configFile];
        if (cpu is { } core)
        {
            command = ["taskset", "-c", core.ToString(CultureInfo.InvariantCulture), .. command];
        }

        return new(configFile, port, adminPort, [.. before ?? [], .. command], environment);
    }

    /// <summary>Starts it and waits until <c>/readyz</c> says 200.</summary>
    public override async Task StartAsync(CancellationToken cancel = default)
    {
        await base.StartAsync(cancel);
        await UntilAsync("ready on /readyz", TimeSpan.FromSeconds(180), IsReadyAsync, cancel);
    }

    /// <summary>Whether <c>/readyz</c> says 200 now.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancel = default)
    {
        try
        {
            using var response = await Http.GetAsync($"{AdminUrl}/readyz", cancel);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception error) when (error is HttpRequestException || (error is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            // Not listening yet, or no more, or too busy to say so.
            return false;
        }
    }

    /// <summary>The text of <c>/status</c>.</summary>
    public Task<string> StatusAsync(CancellationToken cancel = default) => Http.GetStringAsync($"{AdminUrl}/status", cancel);

    /// <summary>The samples of <c>/metrics</c>.</summary>
    public async Task<Metrics> MetricsAsync(CancellationToken cancel = default) =>
        Metrics.Parse(await Http.GetStringAsync($"{AdminUrl}/metrics", cancel));

    /// <summary>How long the page <c>/metrics</c> is, in bytes.</summary>
    public async Task<int> MetricsLengthAsync(CancellationToken cancel = default) =>
        (await Http.GetByteArrayAsync($"{AdminUrl}/metrics", cancel)).Length;

    /// <summary>SIGHUP: reads its configuration again.</summary>
    public void Reload() => Send(Signals.Hangup);
}
