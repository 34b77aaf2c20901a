using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gateway.Admin.Endpoints;
using Gateway.Admin.Status;
using Gateway.Health.Forecast;

namespace Gateway.Cli;

/// <summary><c>backtest FILE</c>: replays a recording of <c>GET /forecast/recording</c> and prints the score of its forecasts.</summary>
internal static class BacktestCommand
{
    private static readonly JsonSerializerOptions Readable = new(AdminJson.Options) { WriteIndented = true };

    /// <summary>The command. Exit code 2: the file cannot be read.</summary>
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A recording, as GET /forecast/recording of the admin endpoint gives it." };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of text; errors, too." };
        var command = new Command("backtest", "Replays recorded seconds through the forecasts of this version, and prints their score.")
        {
            file,
            json,
        };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetRequiredValue(file), parsed.GetValue(json), parsed.InvocationConfiguration, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string path, bool json, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        string[] lines;
        try
        {
            lines = await File.ReadAllLinesAsync(path, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return await new CommandFailure(GatewayCli.BadUsage, $"The recording \"{path}\" cannot be read: {e.Message}")
                .PrintAsync(console.Output, console.Error, json);
        }

        var seconds = new List<RecordedSecond>(lines.Length);
        for (var number = 0; number < lines.Length; number++)
        {
            if (lines[number].Length == 0)
            {
                continue;
            }

            if (RecordedSecond.Parse(lines[number]) is not { } second)
            {
                var place = string.Create(CultureInfo.InvariantCulture, $"line {number + 1} of \"{path}\"");
                return await new CommandFailure(
                    GatewayCli.BadUsage, $"No recorded second in {place}. Save one with: curl ADMIN/forecast/recording > FILE")
                    .PrintAsync(console.Output, console.Error, json);
            }

            seconds.Add(second);
        }

        string[] clusters = [.. seconds.Select(static s => s.Cluster).Distinct(StringComparer.Ordinal)];
        var report = ForecastReport.Of(clusters, ForecastReplay.Of(seconds));
        await console.Output.WriteAsync(json ? JsonSerializer.Serialize(report, Readable) + "\n" : ForecastReportText.Of(report));
        return GatewayCli.Done;
    }
}
