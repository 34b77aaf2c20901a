using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Conformance.Support;
using Xunit;

namespace Gateway.Conformance.Hostile;

/// <summary>
/// A gateway before a destination that records what reaches it, in clear (cluster <c>clear</c>) and over TLS (cluster <c>tls</c>).
/// </summary>
internal sealed partial class HostileBed : IAsyncDisposable
{
    /// <summary>Cases of a run; a nightly run asks for many more.</summary>
    public static int Cases { get; } = int.TryParse(
        Environment.GetEnvironmentVariable("GATEWAY_CONFORMANCE_CASES"),
        NumberStyles.None,
        CultureInfo.InvariantCulture,
        out var cases) ? cases : 1_500;

    /// <summary>The first case's seed; a failed run is repeated by it.</summary>
    public static int Seed { get; } = int.TryParse(
        Environment.GetEnvironmentVariable("GATEWAY_CONFORMANCE_SEED"),
        NumberStyles.None,
        CultureInfo.InvariantCulture,
        out var seed) ? seed : 20_260;

    private const string ClusterKeys =
        "attempts: { max: 1, hedge: \"off\" }\npassive: { consecutiveFailures: 1000, failureRatio: 100%, minimumRequests: 1000000, "
            + "ejectFor: 100ms, maxEjectFor: 100ms }";

    private readonly TestFolder _folder = new();
    private readonly ConcurrentDictionary<string, string> _sent = new(StringComparer.Ordinal);
    private Origin? _recorder;
    private GatewayBed? _gateway;

    public GatewayBed Gateway => _gateway!;

    public static async Task<HostileBed> StartAsync()
    {
        Tools.Need("node");
        var bed = new HostileBed();
        var authority = new Authority(bed._folder.Path);
        bed._recorder = new("recorder", Tools.Need("node"),
        [
            Path.Combine(Tools.Clients, "recorder.mjs"),
            authority.CertificateFile,
            authority.KeyFile
        ]);
        await bed._recorder.StartAsync();
        bed._gateway = await GatewayBed.StartAsync(bed._folder, authority,
        [
            new("clear", $"http://127.0.0.1:{bed._recorder.Port("clear")}", ClusterKeys),
            new("tls", $"https://127.0.0.1:{bed._recorder.Port("tls")}", ClusterKeys),
        ]);
        return bed;
    }

    /// <summary>Says that a request with this id goes out.</summary>
    public void Announce(string id, string text) => _sent[id] = text;

    /// <summary>What is wrong with what one user was sent: another one's id.</summary>
    public static IEnumerable<string> Foreign(string text, params string[] own) =>
        Ids()
            .Matches(text)
            .Select(match => match.Value)
            .Where(id => !own.Contains(id, StringComparer.Ordinal))
            .Distinct(StringComparer.Ordinal);

    /// <summary>The requests that reached the destination with this in their targets, in their order.</summary>
    public async Task<IReadOnlyList<RecordedRequest>> RecordedAsync(string id, CancellationToken cancel)
    {
        using var http = new HttpClient();
        using var recorded = JsonDocument.Parse(await http.GetStringAsync($"http://127.0.0.1:{_recorder!.Port("control")}/", cancel));
        return
        [
            .. from connection in recorded.RootElement.EnumerateArray()
               from request in connection.GetProperty("requests").EnumerateArray()
               where request.GetProperty("url").GetString()!.Contains(id, StringComparison.Ordinal)
               select new RecordedRequest(
                   request.GetProperty("method").GetString()!,
                   request.GetProperty("url").GetString()!,
                   [.. request.GetProperty("headers")
                       .EnumerateArray()
                       .Select(header => new HeaderLine(header[0].GetString()!, header[1].GetString()!))],
                   request.GetProperty("body").GetString()!),
        ];
    }

    /// <summary>Everything that is wrong with what reached the destination, at most a few.</summary>
    public async Task<List<string>> JudgeAsync(CancellationToken cancel)
    {
        using var http = new HttpClient();
        using var recorded = JsonDocument.Parse(await http.GetStringAsync($"http://127.0.0.1:{_recorder!.Port("control")}/", cancel));
        var connections = recorded.RootElement
            .EnumerateArray()
            .Where(connection => !IsQuestion(Text(connection.GetProperty("raw").GetBytesFromBase64())))
            .ToArray();
        var problems = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        void Problem(string id, string what) =>
            problems.Add($"{what}\n    sent: {Escape(_sent.GetValueOrDefault(id, "nothing with this id"))}");

        // 1. What node's parser found: requests that were sent, each once, with nothing of another one's.
        foreach (var connection in connections)
        {
            if (connection.GetProperty("error").GetString() is { } error)
            {
                problems.Add($"node refuses what it was sent: {error}: {Escape(Text(connection.GetProperty("raw").GetBytesFromBase64()))}");
            }

            foreach (var request in connection.GetProperty("requests").EnumerateArray())
            {
                var url = request.GetProperty("url").GetString()!;
                var id = Ids().Match(url).Value;
                if (!_sent.ContainsKey(id))
                {
                    Problem(id, $"a request that was not sent: {request.GetRawText()}");
                    continue;
                }

                if (!seen.Add(id))
                {
                    Problem(id, $"a request that was sent once arrived twice: {url}");
                }

                foreach (var foreign in Foreign(request.GetRawText(), id))
                {
                    Problem(id, $"{foreign} in the request of {id}: {request.GetRawText()}");
                }

                if (request.GetProperty("headers")
                    .EnumerateArray()
                    .Any(header => header[0].GetString()!.Contains(Generator.Smuggled, StringComparison.OrdinalIgnoreCase)))
                {
                    Problem(id, $"a header that was not sent: {request.GetRawText()}");
                }
            }
        }

        // 2. What h11 finds in the same bytes: the same.
        problems.AddRange(await CompareWithH11Async(connections, cancel));
        return problems;
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        if (_recorder is not null)
        {
            await _recorder.DisposeAsync();
        }

        _folder.Dispose();
    }

    /// <summary>Text with its controls visible.</summary>
    public static string Escape(string text) => JsonSerializer.Serialize(text.Length > 1500 ? text[..1500] : text);

    /// <summary>
    /// A probe of the gateway's own that finds out whether the destination speaks HTTP/2; nothing of a client's stands in it.
    /// </summary>
    private static bool IsQuestion(string raw) => raw.StartsWith("PRI * HTTP/2.0\r\n", StringComparison.Ordinal) && !Ids().IsMatch(raw);

    private static string Text(byte[] bytes) => System.Text.Encoding.Latin1.GetString(bytes);

    private static async Task<List<string>> CompareWithH11Async(JsonElement[] connections, CancellationToken cancel)
    {
        var problems = new List<string>();
        const string python = "/usr/bin/python3";
        if (!File.Exists(python) || (await Command.RunAsync(python, ["-c", "import h11"], cancel: cancel)).ExitCode != 0)
        {
            // Where h11 is not installed, node's parser judges alone.
            return problems;
        }

        var input = string.Concat(connections.Select(connection => connection.GetProperty("raw").GetString() + "\n"));
        var output = await Command.RunAsync(
            python,
            [Path.Combine(Tools.Programs, "judge.py")],
            input,
            within: TimeSpan.FromMinutes(5),
            cancel: cancel);
        Assert.True(output.ExitCode == 0, output.Error);
        foreach (var (line, connection) in output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Zip(connections))
        {
            using var read = JsonDocument.Parse(line);
            if (read.RootElement.ValueKind == JsonValueKind.Object)
            {
                problems.Add(
                    $"h11 refuses what was sent: {read.RootElement.GetProperty("error").GetString()}: "
                        + $"{Escape(Text(connection.GetProperty("raw").GetBytesFromBase64()))}");
                continue;
            }

            // The last request of a connection may have been under way.
            var h11 = read.RootElement
                .EnumerateArray()
                .Where(one => one[1].GetString() != "/health")
                .Select(one => $"{one[0]} {one[1]} {one[2]}")
                .ToArray();
            var node = connection.GetProperty("requests")
                .EnumerateArray()
                .Select(one => $"{one.GetProperty("method")} {one.GetProperty("url")} {one.GetProperty("body").GetString()!.Length}")
                .ToArray();
            if (!h11.Take(node.Length).SequenceEqual(node, StringComparer.Ordinal))
            {
                problems.Add($"node reads [{string.Join(", ", node)}], h11 [{string.Join(", ", h11)}]");
            }
        }

        return problems;
    }

    [GeneratedRegex("ID[0-9]+", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Ids();
}
