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
        var file = path;
        try
        {
            records = ForecastReplay.Of(RecordingFiles.Of(path).SelectMany(next => SecondsOf(file = next)).Select(Noted));
        }
        catch (RecordingException e)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"line {e.Line} of \"{file}\"");
            return await FailAsync(
                $"No recorded second in {place}: {e.Message}. Save a recording with: curl ADMIN/forecast/recording > FILE");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return await FailAsync($"The recording \"{file}\" cannot be read: {e.Message}");
        }
        catch (Exception e) when (e is NullReferenceException or OverflowException or ArgumentException or InvalidOperationException)
        {
            // A file from elsewhere may have anything where the gateway writes names and times.
            return await FailAsync($"No recording in \"{file}\": it has a value that no gateway writes.");
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

    private static IEnumerable<RecordedSecond> SecondsOf(string file)
    {
        if (RecordedSeconds.IsRecording(file))
        {
            return RecordedSeconds.Of(file);
        }

        return Saved(file);
    }

    private static IEnumerable<RecordedSecond> Saved(string file)
    {
        using var text = new StreamReader(file);
        foreach (var second in RecordingReader.Read(text))
        {
            yield return second;
        }
    }
}
