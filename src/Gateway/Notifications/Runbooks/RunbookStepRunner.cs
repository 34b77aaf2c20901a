using System.ComponentModel;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;
using Gateway.Failover;

namespace Gateway.Notifications.Runbooks;

/// <summary>
/// Does one step of a run. Arguments and URLs hold names of the configuration alone; nothing of a user's request comes near them, and no
/// shell reads them.
/// </summary>
internal sealed class RunbookStepRunner(RunbookSources sources, Notifier notifier, TimeProvider time) : IDisposable
{
    // A drain outlives its run by this at most, whatever becomes of the gateway.
    private static readonly TimeSpan DrainMargin = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
    })
    {
        // The deadline is the step's.
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = 64 * 1024,
    };

    /// <summary>Does it; it throws nothing but its cancellation.</summary>
    public async Task<StepResult> RunAsync(RunbookFault fault, RunbookStep step, CancellationToken cancellationToken)
    {
        try
        {
            return step switch
            {
                DrainStep => await CommandAsync(DrainOf(fault), cancellationToken).ConfigureAwait(false),
                ReadyStep or HalfOpenStep => await CommandAsync(ReadyOf(fault), cancellationToken).ConfigureAwait(false),
                ExecStep exec => await ExecAsync(fault, exec, cancellationToken).ConfigureAwait(false),
                HttpStep http => await HttpAsync(fault, http, cancellationToken).ConfigureAwait(false),
                _ => Notify(fault),
            };
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return new StepResult(Done: false, e is Win32Exception w && step is ExecStep program
                ? $"it cannot be started: {ProgramRunner.ReasonOf(w, program.Command[0])}"
                : $"{e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>Ends the drain of a run, if it is one.</summary>
    public async Task EndDrainAsync(RunbookFault fault, CancellationToken cancellationToken)
    {
        var cluster = sources.Clusters().FirstOrDefault(c => string.Equals(c.Name, fault.Key.Cluster, StringComparison.Ordinal));
        if (cluster is not null
            && RunbookFactsReader.Find(cluster, fault.Key.Destination) is { Draining: true } destination
            && RunbookFactsReader.IsRunbook(destination.Drain?.By))
        {
            await CommandAsync(ReadyOf(fault), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static DrainCommand DrainOf(RunbookFault fault) => new(fault.Key.Cluster, fault.Key.Destination)
    {
        By = RunbookFactsReader.ByOf(fault.Key.Runbook),
        Reason = "a run is under way",
        Lasts = fault.Runbook.Longest + DrainMargin,
    };

    private static ReadyCommand ReadyOf(RunbookFault fault) => new(fault.Key.Cluster, fault.Key.Destination)
    {
        By = RunbookFactsReader.ByOf(fault.Key.Runbook),
    };

    private async Task<StepResult> CommandAsync(Command command, CancellationToken cancellationToken)
    {
        var result = await sources.Command(command, cancellationToken).ConfigureAwait(false);
        return new StepResult(result.Done, result.Done ? "" : result.Message.TrimEnd('.'));
    }

    private async Task<StepResult> ExecAsync(RunbookFault fault, ExecStep step, CancellationToken cancellationToken)
    {
        var names = NamesOf(fault);
        string[] command = [.. step.Command.Select(text => RunbookNames.Fill(text, name => names[name]))];

        // A name from DNS must not become an option of the program.
        for (var i = 1; i < command.Length; i++)
        {
            if (command[i].StartsWith('-') && !step.Command[i].StartsWith('-'))
            {
                return new StepResult(Done: false, $"the argument \"{step.Command[i]}\" would begin with a dash");
            }
        }

        var (exitCode, said) = await ProgramRunner.RunAsync(
            [.. command],
            names.Select(static pair => KeyValuePair.Create($"GATEWAY_{pair.Key.ToUpperInvariant()}", pair.Value)),
            JsonSerializer.SerializeToUtf8Bytes(names),
            cancellationToken).ConfigureAwait(false);
        return new StepResult(
            exitCode == 0, exitCode == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}{said}"));
    }

    private async Task<StepResult> HttpAsync(RunbookFault fault, HttpStep step, CancellationToken cancellationToken)
    {
        var names = NamesOf(fault);
        if (RunbookNames.FillUrl(step.Url, name => names[name]) is not { } url)
        {
            // It may hold a secret, and is not shown.
            return new StepResult(
                Done: false, "with the destination's names in it the URL is not valid: write {host} and {port} for its address");
        }

        try
        {
            using var request = new HttpRequestMessage(new HttpMethod(step.Method), url);
            if (step.Method is not ("GET" or "HEAD"))
            {
                request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(names));
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
            }

            foreach (var (name, value) in step.Headers)
            {
                if (!request.Headers.TryAddWithoutValidation(name, value))
                {
                    request.Content?.Headers.Remove(name);
                    request.Content?.Headers.TryAddWithoutValidation(name, value);
                }
            }

            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
                .ConfigureAwait(false);
            return new StepResult(
                response.IsSuccessStatusCode, string.Create(CultureInfo.InvariantCulture, $"status {(int)response.StatusCode}"));
        }
        catch (HttpRequestException e)
        {
            return new StepResult(Done: false, HttpFailure.WordsOf(e));
        }
    }

    private StepResult Notify(RunbookFault fault)
    {
        notifier.Publish(Notification.OfRunbook(
            fault.Key.Cluster,
            fault.Tier,
            fault.Key.Destination,
            $"Runbook {fault.Key.Runbook} runs for {fault.Key.Destination} of {fault.Tier}",
            $"runbook {fault.Key.Runbook}",
            time.GetUtcNow()));
        return new StepResult(Done: true, "");
    }

    private Dictionary<string, string> NamesOf(RunbookFault fault)
    {
        var cluster = sources.Clusters().First(c => string.Equals(c.Name, fault.Key.Cluster, StringComparison.Ordinal));
        var url = RunbookFactsReader.Find(cluster, fault.Key.Destination)?.Url;
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["runbook"] = fault.Key.Runbook,
            ["cluster"] = fault.Key.Cluster,
            ["tier"] = fault.Tier,
            ["destination"] = fault.Key.Destination,
            ["host"] = url is null ? "" : RunbookNames.HostOf(url),
            ["port"] = url?.Port.ToString(CultureInfo.InvariantCulture) ?? "",
        };
    }
}
