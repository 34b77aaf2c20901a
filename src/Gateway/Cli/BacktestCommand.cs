using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gateway.Admin.Endpoints;
using Gateway.Admin.Status;
using Gateway.Failover.Recording;
using Gateway.Health.Forecast;
using Gateway.Observability.History;

namespace Gateway.Cli;

/// <summary>
/// <c>backtest PATH</c>: replays a recording, of the state folder or of <c>GET /forecast/recording</c>, and prints the score of its
/// forecasts.
/// </summary>
internal static class BacktestCommand
{
    private static readonly JsonSerializerOptions Readable = new(AdminJson.Options) { WriteIndented = true };

    /// <summary>The command. Exit code 2: the file cannot be read.</summary>
    public static Command Create()
    {
        var file = new Argument<string>("PATH")
        {
            Description = "A recording: the folder \"recording\" of the state folder, a file of it, or what GET /forecast/recording gave.",
        };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of text; errors, too." };
        var command = new Command("backtest", "Replays recorded seconds through the forecasts of this version, and prints their score.")
        {
            file,
            json,
        };
        command.SetAction(parsed => RunAsync(parsed.GetRequiredValue(file), parsed.GetValue(json), parsed.InvocationConfiguration));
        return command;
    }

    private static async Task<int> RunAsync(string path, bool json, InvocationConfiguration console)
    {
        var clusters = new List<string>();
        IReadOnlyList<ForecastRecord> records;
        try
        {
            records = ForecastReplay.Of(SecondsOf(path).Select(Noted));
        }
        catch (RecordingException e)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"line {e.Line} of \"{path}\"");
            return await FailAsync(
                $"No recorded second in {place}: {e.Message}. Save a recording with: curl ADMIN/forecast/recording > FILE");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return await FailAsync($"The recording \"{path}\" cannot be read: {e.Message}");
        }

        var report = ForecastReport.Of(clusters, records);
        await console.Output.WriteAsync(json ? JsonSerializer.Serialize(report, Readable) + "\n" : ForecastReportText.Of(report));
        return GatewayCli.Done;

        RecordedSecond Noted(RecordedSecond second)
        {
            if (!clusters.Contains(second.Cluster, StringComparer.Ordinal))
            {
                clusters.Add(second.Cluster);
            }

            return second;
        }

        Task<int> FailAsync(string message) =>
            new CommandFailure(GatewayCli.BadUsage, message).PrintAsync(console.Output, console.Error, json);
    }

    private static IEnumerable<RecordedSecond> SecondsOf(string path)
    {
        foreach (var file in RecordingFiles.Of(path))
        {
            if (RecordedSeconds.IsRecording(file))
            {
                foreach (var second in RecordedSeconds.Of(file))
                {
                    yield return second;
                }

                continue;
            }

            using var text = new StreamReader(file);
            foreach (var second in RecordingReader.Read(text))
            {
                yield return second;
            }
        }
    }
}
