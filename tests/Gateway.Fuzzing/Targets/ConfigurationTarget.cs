using System.Text;
using Gateway.Configuration;
using Gateway.Configuration.Reading;
using Gateway.Fuzzing.Engine;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// The configuration: no exception, foreseen or not, and no text is both valid and not. What is wrong has a line and a column of the file
/// and can be printed; what is valid stays so with a comment behind it, and is judged the same a second time.
/// </summary>
internal sealed class ConfigurationTarget : IFuzzTarget
{
    private const string Path = "gateway.yaml";
    private const string Minimal = """
        version: 1
        listen: [ { url: "http://127.0.0.1:8080" } ]
        clusters: { guide: { tiers: [ { name: primary, destinations: [ "http://127.0.0.1:9001", "http://127.0.0.1:9002" ] } ] } }
        routes: { all: { match: { path: "/{**rest}" }, cluster: guide } }

        """;

    private readonly SettableTime _time = new();

    /// <inheritdoc/>
    public string Name => "configuration";

    /// <inheritdoc/>
    public int MostBytes => 4096;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds => [Encoding.UTF8.GetBytes(Minimal), .. FilesOfTheRepository()];

    /// <inheritdoc/>
    public IEnumerable<string> Words =>
    [
        .. ConfigurationWords.Syntax,
        .. ConfigurationWords.Keys,
        .. ConfigurationWords.Values,
    ];

    /// <inheritdoc/>
    public long MemoryFor(int length) => 64 * 1024 * 1024 + (16 * 1024L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        var bytes = input.ToArray();
        var result = Judge(bytes);
        if (result.Config is null)
        {
            return;
        }

        var again = Judge(bytes);
        Invariant.Holds(again.Config is not null && again.Warnings.SequenceEqual(result.Warnings),
            "a text is judged the same a second time");
        Invariant.Holds(Judge([.. bytes, .. "\n# a comment\n"u8]).Config is not null, "a comment behind a valid text changes nothing");
    }

    private ConfigResult Judge(byte[] bytes)
    {
        var result = ConfigLoader.Validate(ConfigFile.Of(Path, bytes), Variable, _time);
        Invariant.Holds((result.Config is null) == (result.Problems.Length > 0), "a text is valid or has problems");
        var lines = LinesOf(bytes);
        foreach (var problem in result.Problems.Concat(result.Warnings).Concat(result.ChangedMeanings))
        {
            Invariant.Holds(
                !problem.Message.StartsWith(ConfigLoader.Unforeseen, StringComparison.Ordinal),
                    $"every mistake is foreseen, not {problem.Message}");
            Invariant.Holds(problem.Line >= 1 && problem.Column >= 1, "a problem has a place");
            Invariant.Holds(problem.Line <= lines, "a problem is in the file");
            Invariant.Holds(problem.Message.Length > 0, "a problem is told");
            Invariant.Printable(problem.Message, "a problem is printable");
        }

        return result;
    }

    // As YAML counts them: it knows other ends of lines, too (U+0085, U+2028, U+2029), whose last bytes these are.
    private static int LinesOf(byte[] bytes) =>
        2 + bytes.Count(static letter => letter is (byte)'\n' or (byte)'\r' or 0x85 or 0xA8 or 0xA9);

    private static string? Variable(string name) => name switch
    {
        "NAME" => "value",
        "PORT" => "8080",
        "EMPTY" => "",
        _ => null,
    };

    // The samples, and the cases of the tests: small files of nearly every key.
    private IEnumerable<byte[]> FilesOfTheRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Gateway.sln")))
        {
            folder = folder.Parent;
        }

        return folder is null
            ? []
            : new[] { "config", System.IO.Path.Combine("tests", "Gateway.Tests", "Configuration", "Cases") }
                .SelectMany(below => Directory.EnumerateFiles(System.IO.Path.Combine(folder.FullName, below), "*.yaml"))
                .Order(StringComparer.Ordinal)
                .Select(File.ReadAllBytes)
                .Where(bytes => bytes.Length <= MostBytes);
    }

    private sealed class SettableTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);
    }
}
