using System.Diagnostics;
using System.Globalization;
using Gateway.Fuzzing.Engine;

namespace Gateway.Fuzzing;

/// <summary>One target's search: begins with its corpus, prints what it finds and its figures, keeps the inputs that it found.</summary>
internal sealed class TargetRun(IFuzzTarget target, RunOptions options)
{
    private const int HangExit = 3;
    private const int MostCorpusBytes = 24 * 1024;
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(15);

    private long _told = Stopwatch.GetTimestamp();

    /// <summary>Runs it; how much was found.</summary>
    public int Run()
    {
        Directory.CreateDirectory(options.Output);
        using var last = new LastInput(Path.Combine(options.Output, $"last-{target.Name}"), target.MostBytes);
        using var watch = new HangWatch(options.Campaign.LongestInput, OnHang, last);
        var campaign = new Campaign(target, options.Campaign, watch)
        {
            Found = OnFound,
            Turn = Tell,
        };
        campaign.Run(CorpusFile.Read(CorpusPath).Concat(CorpusFile.Read(FoundPath)));
        Console.WriteLine(FiguresOf(campaign));
        if (campaign.Edges == 0)
        {
            Console.WriteLine("Nothing counts edges: the search was blind. Run eng/fuzz, which instruments a copy of the gateway.");
            return 1;
        }

        if (options.Keep)
        {
            Keep(campaign);
        }

        return campaign.Findings.Count;
    }

    private string CorpusPath => Path.Combine(options.Corpus, target.Name + ".txt");

    private string FoundPath => Path.Combine(options.Corpus, target.Name + ".found.txt");

    private void Tell(Campaign campaign)
    {
        if (Stopwatch.GetElapsedTime(_told) > TellEvery)
        {
            _told = Stopwatch.GetTimestamp();
            Console.Error.WriteLine(FiguresOf(campaign));
        }
    }

    private string FiguresOf(Campaign campaign)
    {
        int Count(FindingKind kind) => campaign.Findings.Count(finding => finding.Kind == kind);
        var runner = campaign.Runner;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{target.Name}: {runner.Inputs:N0} inputs in {campaign.Elapsed.TotalSeconds:0} s "
            + $"({runner.Inputs / campaign.Elapsed.TotalSeconds:N0} per second), "
            + $"{campaign.Edges:N0} edges, {campaign.Kept.Count:N0} kept; {Count(FindingKind.Crash)} crashes, "
            + $"{Count(FindingKind.Invariant)} broken invariants, {Count(FindingKind.Hang)} hangs, "
            + $"{Count(FindingKind.Memory)} over their memory; "
            + $"longest {runner.LongestTaken.TotalMilliseconds:0} ms, most allocated {runner.MostAllocated / 1024:N0} KiB");
    }

    // The input cannot be left in this process: it ends.
    private void OnHang(byte[] input)
    {
        OnFound(new Finding(FindingKind.Hang, "hang", $"it takes more than {options.Campaign.LongestInput.TotalSeconds:0} s of CPU",
            input));
        Environment.Exit(HangExit);
    }

    private void OnFound(Finding finding)
    {
        var name = string.Concat(finding.Signature.Take(60).Select(static letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'));
        var path = Path.Combine(options.Output, $"{target.Name}-{finding.Kind}-{name}".ToLowerInvariant());
        File.WriteAllBytes(path, finding.Input);
        Console.WriteLine($"{target.Name}: {finding.Kind}: {finding.Text}");
        Console.WriteLine($"  input: {CorpusFile.LineOf(finding.Input)}");
        Console.WriteLine($"  again: eng/fuzz --repeat {target.Name} {path}");
    }

    private void Keep(Campaign campaign)
    {
        var (lines, bytes, left) = (new List<string>(), 0, 0);
        foreach (var line in CoverSet.Of(campaign.Kept, new Shortener(campaign.Runner).Of).Select(static input => CorpusFile.LineOf(input)))
        {
            if (bytes + line.Length + 1 > MostCorpusBytes)
            {
                left++;
                continue;
            }

            lines.Add(line);
            bytes += line.Length + 1;
        }

        File.WriteAllLines(CorpusPath, lines.Order(StringComparer.Ordinal));
        Console.WriteLine($"{target.Name}: {lines.Count} inputs kept in {CorpusPath}, {left} left out, which are too long for it");
    }
}
