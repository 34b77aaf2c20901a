using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Gateway.Admin.Endpoints;
using Gateway.Configuration;

namespace Gateway.Cli;

/// <summary>What <c>check --upgrade</c> says: which keys of an older version's file are called or mean something else now.</summary>
internal static class UpgradeReport
{
    private static readonly JsonSerializerOptions Readable = new(AdminJson.Options) { WriteIndented = true };

    /// <summary>Prints it to the output. Exit code 2: the file cannot stay as it is.</summary>
    public static async Task<int> PrintAsync(string path, ConfigResult loaded, TextWriter output, bool json)
    {
        var renamed = loaded.Problems.Where(static p => p.IsOfOlderVersion).ToImmutableArray();
        var others = loaded.Problems.RemoveAll(static p => p.IsOfOlderVersion);
        var report = json
            ? JsonSerializer.Serialize(new
            {
                File = path,
                Version = VersionText.Number,
                Valid = loaded.Config is not null,
                Renamed = Texts(renamed),
                Meanings = Texts(loaded.ChangedMeanings),
                Problems = Texts(others)
            }, Readable) + "\n"
            : Text(path, renamed, loaded.ChangedMeanings, others);
        await output.WriteAsync(report);
        return loaded.Problems.IsEmpty ? GatewayCli.Done : GatewayCli.BadUsage;
    }

    private static IEnumerable<string> Texts(ImmutableArray<ConfigProblem> found) => found.Select(static p => p.ToString());

    private static string Text(
        string path,
        ImmutableArray<ConfigProblem> renamed,
        ImmutableArray<ConfigProblem> meanings,
        ImmutableArray<ConfigProblem> others)
    {
        var text = new StringBuilder();
        Append(text, "Has another name: write the new one before you upgrade", renamed);
        Append(text, "Means something else: look whether that is what you want", meanings);
        Append(text, "Is wrong for another reason", others);
        text.Append(text.Length > 0 ? "\n" : "");
        var (must, may) = (renamed.Length + others.Length, meanings.Length);
        Columns.Append(text, "", must > 0
            ? $"{path} is not valid for version {VersionText.Number}: {(must == 1 ? "1 place" : $"{must} places")} must be changed."
            : $"{path} is valid for version {VersionText.Number}{(may == 0 ? " and means what it did" : "")}.", 0);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string heading, ImmutableArray<ConfigProblem> found)
    {
        if (found.IsEmpty)
        {
            return;
        }

        text.Append(text.Length > 0 ? "\n" : "").Append(heading).Append('\n');
        foreach (var one in found)
        {
            Columns.Append(text, "  ", one.ToString(), 4);
        }
    }
}
