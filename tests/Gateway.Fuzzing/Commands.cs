using System.Globalization;
using Gateway.Fuzzing.Engine;
using Gateway.Fuzzing.Targets;

namespace Gateway.Fuzzing;

/// <summary>What <c>eng/fuzz</c> calls.</summary>
internal static class Commands
{
    private const int Failed = 1;
    private const int WrongUse = 2;

    /// <summary>
    /// Runs a command line: <c>instrument FILE…</c>, <c>targets</c>, <c>run …</c>, <c>repeat TARGET FILE</c>, <c>last TARGET FILE</c>.
    /// </summary>
    public static int Run(string[] args)
    {
        switch (args)
        {
            case ["instrument", .. var files]:
                foreach (var file in files)
                {
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture, $"{Path.GetFileName(file)}: {Instrumentation.Apply(file):N0} blocks count"));
                }

                return 0;
            case ["targets"]:
                Console.WriteLine(string.Join('\n', TargetSet.All.Select(static target => target.Name)));
                return 0;
            case ["run", .. var rest] when RunOptions.Parse(rest) is { } options:
                return options.Targets.Sum(target => new TargetRun(target, options).Run()) == 0 ? 0 : Failed;
            case ["repeat", var name, var file] when Find(name) is { } target:
                return Repeat(target, File.ReadAllBytes(file));
            case ["last", var name, var file] when Find(name) is { } target:
                File.WriteAllBytes(Path.Combine(Path.GetDirectoryName(file)!, $"died-{target.Name}"), LastInput.Read(file));
                return 0;
            default:
                Console.Error.WriteLine("Unknown command or target. See eng/fuzz --help.");
                return WrongUse;
        }
    }

    /// <summary>The target of a name; null: there is none.</summary>
    public static IFuzzTarget? Find(string name) =>
        TargetSet.All.FirstOrDefault(target => string.Equals(target.Name, name, StringComparison.Ordinal));

    private static int Repeat(IFuzzTarget target, byte[] input)
    {
        Console.WriteLine(CorpusFile.LineOf(input));
        var finding = new InputRunner(target, TimeSpan.FromSeconds(1)).Run(input);
        Console.WriteLine(finding is null ? "Nothing is wrong." : $"{finding.Kind}: {finding.Text}");
        return finding is null ? 0 : Failed;
    }
}
