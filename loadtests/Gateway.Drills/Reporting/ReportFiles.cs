using System.Globalization;
using System.Text.Json;
using Gateway.Drills.Processes;
using Gateway.Drills.Running;

namespace Gateway.Drills.Reporting;

/// <summary>Where reports go: <c>out/drills</c> below the repository, a page and its data.</summary>
internal static class ReportFiles
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Writes both; returns the page's path.</summary>
    public static async Task<string> WriteAsync(IReadOnlyList<Finding> findings, IReadOnlyList<NotRun> notRun)
    {
        var data = findings.Select(finding => Data(finding.Measured, finding.Verdict));
        return await WriteAsync(
            findings is [var only] && notRun.Count == 0 ? only.Measured.Plan.Name : "drills",
            HtmlReport.Of(findings, notRun),
            JsonSerializer.Serialize(new
            {
                passed = notRun.Count == 0
                && findings.All(finding => finding.Verdict.Holds),
                drills = data,
                notRun
            }, Format));
    }

    /// <summary>Writes a comparison; returns the page's path.</summary>
    public static Task<string> WriteAsync(IReadOnlyList<(string Drill, IReadOnlyList<Measured> Runs)> faults) => WriteAsync(
        "against",
        HtmlReport.Compare(faults),
        JsonSerializer.Serialize(faults.Select(fault => new { fault.Drill, runs = fault.Runs.Select(run => Data(run, null)) }), Format));

    private static object Data(Measured measured, Figures.Verdict? verdict) => new
    {
        drill = measured.Plan.Name,
        subject = measured.Subject,
        passed = verdict?.Holds,
        startedAt = measured.StartedAt,
        requests = measured.Total,
        outcomes = measured.Ledger.Summary(),
        served = Judge.Seen(measured),
        measured.Failed,
        measured.Static,
        measured.Availability,
        measured.Coverage,
        measured.ExtraAttempts,
        p50 = measured.During.P50.TotalMilliseconds,
        p99 = measured.During.P99.TotalMilliseconds,
        max = measured.During.Max.TotalMilliseconds,
        detected = measured.Detected?.TotalMilliseconds,
        switched = measured.Switched?.TotalMilliseconds,
        returned = measured.Returned?.TotalMilliseconds,
        measured.Transitions,
        expectations = verdict?.Expectations,
        happenings = measured.Happenings.Select(happening => new { at = measured.Clock(happening.At).TotalSeconds, happening.Label }),
        measured.Journal,
    };

    private static async Task<string> WriteAsync(string name, string page, string data)
    {
        var folder = Path.Combine(Repository.Root, "out", "drills");
        Directory.CreateDirectory(folder);
        var stem = Path.Combine(
            folder,
            $"{TimeProvider.System.GetUtcNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}-{name}");
        await File.WriteAllTextAsync(stem + ".html", page);
        await File.WriteAllTextAsync(stem + ".json", data);
        return stem + ".html";
    }
}
