using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gateway.Admin.Endpoints;
using Gateway.Configuration;
using Gateway.Configuration.Reading;
using Gateway.Failover.Recording;
using Gateway.Health.Forecast;

namespace Gateway.Cli;

/// <summary>
/// <c>replay PATH</c>: decides again on what was recorded, by another configuration if one is given, and prints the transitions beside the
/// recorded ones.
/// </summary>
internal static class ReplayCommand
{
    private static readonly JsonSerializerOptions Readable = new(AdminJson.Options) { WriteIndented = true };

    /// <summary>The command. Exit code 2: recording, configuration or times cannot be read.</summary>
    public static Command Create(Func<string, string?> environment)
    {
        var path = new Argument<string>("PATH")
        {
            Description = "A recording: the folder \"recording\" of the state folder, or a file of it.",
        };
        var config = new Option<string?>("--config")
        {
            Description = "Decide by this configuration; without it: by the recorded ones.",
            HelpName = "FILE",
        };
        var from = TimeOption(
            "--from", "Print transitions from then on, such as 2026-01-31T10:49Z. What was before is replayed all the same.");
        var to = TimeOption("--to", "Replay until then.");
        var json = new Option<bool>("--json") { Description = "Print JSON instead of text; errors, too." };
        var command = new Command(
            "replay",
            "Decides again on what was recorded, and prints the transitions that a configuration would have made beside the real ones.")
        {
            path,
            config,
            from,
            to,
            json,
        };
        command.SetAction((parsed, _) =>
        {
            var file = parsed.GetValue(config);
            return RunAsync(
                parsed.GetRequiredValue(path),
                (parsed.GetValue(from), parsed.GetValue(to)),
                file is null ? null : () => ConfigLoader.Load(file, environment),
                parsed.GetValue(json),
                parsed.InvocationConfiguration);
        });
        return command;
    }

    private static Option<string?> TimeOption(string name, string description) =>
        new(name) { Description = description, HelpName = "TIME" };

    private static async Task<int> RunAsync(
        string path, (string? From, string? To) times, Func<ConfigResult>? load, bool json, InvocationConfiguration console)
    {
        var (from, to) = (DateTimeOffset.MinValue, DateTimeOffset.MaxValue);
        if (ProblemOf(times, ref from, ref to) is { } problem)
        {
            return await FailAsync(problem);
        }

        RecordedConfig? given = null;
        if (load?.Invoke() is { } loaded)
        {
            if (loaded.Config is not { } valid)
            {
                return await ConfigPath.FailureOf(loaded).PrintAsync(console.Output, console.Error, json);
            }

            given = RecordedConfigs.Of(valid);
        }

        var (file, number) = (path, 0);
        try
        {
            var replay = new DecisionReplay(given);
            foreach (var next in RecordingFiles.Of(path))
            {
                (file, number) = (next, 0);
                foreach (var line in RecordingFiles.Read(next).TakeWhile(_ => replay.Utc <= to))
                {
                    number++;
                    replay.Take(line);
                }
            }

            var report = ReplayReport.Of(await replay.EndAsync(), given?.Revision, from, to);
            await console.Output.WriteAsync(json ? JsonSerializer.Serialize(report, Readable) + "\n" : ReplayReportText.Of(report));
            return GatewayCli.Done;
        }
        catch (RecordingException e)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"line {e.Line} of \"{file}\"");
            return await FailAsync(
                $"No recording in {place}: {e.Message}. The gateway writes them to the folder \"recording\" of its state folder.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return await FailAsync($"The recording \"{file}\" cannot be read: {e.Message}");
        }
        catch (Exception e) when (e is NullReferenceException or OverflowException or ArgumentException or InvalidOperationException)
        {
            // A file from elsewhere may have anything where the gateway writes names and times.
            var place = string.Create(CultureInfo.InvariantCulture, $"line {number} of \"{file}\"");
            return await FailAsync($"No recording in {place}: it has a value that no gateway writes.");
        }

        Task<int> FailAsync(string message) =>
            new CommandFailure(GatewayCli.BadUsage, message).PrintAsync(console.Output, console.Error, json);
    }

    private static string? ProblemOf((string? From, string? To) times, ref DateTimeOffset from, ref DateTimeOffset to) =>
        (WrongTime(times.From, ref from) ?? WrongTime(times.To, ref to)) is { } wrong
            ? $"{Reader.Quote(wrong)} is not a time. Write one such as 2026-01-31T10:49:08Z; without a zone it is UTC."
            : from > to
            ? $"--from {Reader.Quote(times.From!)} is after --to {Reader.Quote(times.To!)}. Write the earlier time as --from."
            : null;

    private static string? WrongTime(string? text, ref DateTimeOffset time) =>
        text is null
            || DateTimeOffset.TryParse(
                text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time)
            ? null : text;
}
