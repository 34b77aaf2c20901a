using System.Text.Json;

namespace Gateway.Drills.Figures;

/// <summary>The design's table: every fault at full load, a row each.</summary>
internal static class TableDrill
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Runs all rows, or those that are named; returns the exit code.</summary>
    public static async Task<int> RunAsync(Report report, double rate, TimeSpan warm, IReadOnlyCollection<string> only, FileInfo? json)
    {
        var rows = new List<TableRow>();
        var verdict = new Verdict();
        foreach (var @case in Select(only))
        {
            var (row, own) = await report.DuringAsync(@case.Name, progress => TableRow.MeasureAsync(@case, rate, warm, progress));
            rows.Add(row);
            verdict.Include(@case.Name, own);
            report.Line(
                $"{row.Name}: {(own.Holds ? "holds" : "DOES NOT HOLD")}: {row.Outcomes}; p50 {Verdict.Text(row.P50)}, p99 "
                    + $"{Verdict.Text(row.P99)}, max {Verdict.Text(row.Max)}");
        }

        report.Table(
            ["fault", "failed", "static", "last good", "p50", "p99", "max", "switch", "back", "extra", "p99 before", "transitions"],
            [.. rows.Select(Cells)]);
        if (json is not null)
        {
            await File.WriteAllTextAsync(
                json.FullName,
                JsonSerializer.Serialize(new { rate, passed = verdict.Holds, rows, verdict.Expectations }, Format));
        }

        return report.Conclude("table", verdict, all: false);
    }

    /// <summary>The cases of these names; none named: all.</summary>
    /// <exception cref="ArgumentException">A name is unknown.</exception>
    public static IReadOnlyList<FaultCase> Select(IReadOnlyCollection<string> only)
    {
        foreach (var name in only)
        {
            if (!FaultCase.All.Any(@case => string.Equals(@case.Name, name, StringComparison.Ordinal)))
            {
                throw new ArgumentException(
                    $"There is no fault '{name}'. There are: {string.Join(", ", FaultCase.All.Select(@case => @case.Name))}.",
                    nameof(only));
            }
        }

        return only.Count == 0 ? FaultCase.All : [.. FaultCase.All.Where(@case => only.Contains(@case.Name, StringComparer.Ordinal))];
    }

    private static IReadOnlyList<string> Cells(TableRow row) =>
    [
        row.Name, $"{row.Failed}", $"{row.Static}", $"{row.LastGood}", Verdict.Text(row.P50), Verdict.Text(row.P99), Verdict.Text(row.Max),
        row.Switch is { } time ? Verdict.Text(time) : "-", row.BackToLive is { } back ? Verdict.Text(back) : "-",
        $"{row.ExtraAttempts}", Verdict.Text(row.P99Before), string.Join(", ", row.Transitions),
    ];
}
