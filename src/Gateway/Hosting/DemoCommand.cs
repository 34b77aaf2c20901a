using System.CommandLine;
using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Gateway.Cli;
using Gateway.Configuration.Model;
using Serilog.Events;

namespace Gateway.Hosting;

/// <summary><c>demo</c>: two primary and two standby sample guides, each a process of its own, and the gateway in front of them.</summary>
internal static class DemoCommand
{
    private static readonly TimeSpan GuideStartsWithin = TimeSpan.FromSeconds(15);

    public static Command Create(Func<string, string?> environment)
    {
        var file = new Option<string?>("--config") { Description = ConfigPath.Description, HelpName = "FILE" };
        var command = new Command("demo", "Starts four sample guides and the gateway, says what to try, and ends everything on Ctrl-C.") { file };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(ConfigPath.Of(parsed.GetValue(file), environment), environment, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error));
        return command;
    }

    private static async Task<int> RunAsync(string path, Func<string, string?> environment, TextWriter output, TextWriter error)
    {
        var root = environment("GATEWAY_ROOT") is { Length: > 0 } given ? given : Directory.GetCurrentDirectory();
        Directory.SetCurrentDirectory(root);
        var program = Path.Combine(root, "src", "SampleGuide", "bin", "Release", "net10.0", "sample-guide.dll");
        if (!File.Exists(program))
        {
            await error.WriteLineAsync($"The sample guide is not built: \"{program}\" is missing. The demo is part of a clone: start it there, with {ProgramName.InAClone} demo.").ConfigureAwait(false);
            return GatewayCli.Failed;
        }

        var loaded = await ConfigPath.LoadAsync(path, environment, error).ConfigureAwait(false);
        if (loaded.Config is not { } config)
        {
            return GatewayCli.BadUsage;
        }

        var console = new ConsoleText(config.Telemetry.Logs.Format, TimeProvider.System);
        var destinations = config.Clusters.SelectMany(static c => c.Tiers.SelectMany(t => t.Destinations.Select(d => (Tier: t.Name, d.Url)))).ToList();
        var guides = new List<Process>();
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        try
        {
            if (await StartGuidesAsync(program, destinations, guides).ConfigureAwait(false) is { } missing)
            {
                await console.WriteAsync(error, LogEventLevel.Error, $"The sample guide for \"{missing}\" did not start: is the port taken? End what listens there, or change \"{path}\".").ConfigureAwait(false);
                return GatewayCli.Failed;
            }

            // The text below comes last and alone: what the log has to say about a start is said when the gateway runs by itself.
            await using var host = new GatewayHost(loaded with { Config = Quietly(config) }, path, environment, TimeProvider.System);
            await host.StartAsync(CancellationToken.None).ConfigureAwait(false);
            await Task.WhenAny(host.Ready, stop.Task).ConfigureAwait(false);
            host.SetLogLevel(config.Telemetry.Logs.Level);
            await console.WriteAsync(output, LogEventLevel.Information, Text(host, destinations, guides)).ConfigureAwait(false);
            await stop.Task.ConfigureAwait(false);
            await console.WriteAsync(output, LogEventLevel.Information, "Ending everything ...").ConfigureAwait(false);
            EndAll(guides);
            await host.StopAsync().ConfigureAwait(false);
            return GatewayCli.Done;
        }
        catch (Exception e) when (e is IOException or SocketException or TimeoutException or ArgumentException)
        {
            await console.WriteAsync(error, LogEventLevel.Error, $"The demo cannot start: {PortsTaken.Sentence(config, e) ?? e.Message}").ConfigureAwait(false);
            return GatewayCli.Failed;
        }
        finally
        {
            EndAll(guides);
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.TrySetResult();
        }
    }

    /// <summary>Starts them one after the other; the URL of the one that did not start, null: all did.</summary>
    private static async Task<Uri?> StartGuidesAsync(string program, List<(string Tier, Uri Url)> destinations, List<Process> guides)
    {
        foreach (var (tier, url) in destinations)
        {
            if (!url.IsLoopback || !await StartGuideAsync(program, tier, url, guides).WaitAsync(GuideStartsWithin).ConfigureAwait(false))
            {
                return url;
            }
        }

        return null;
    }

    private static GatewayConfig Quietly(GatewayConfig config) =>
        config with { Telemetry = config.Telemetry with { Logs = config.Telemetry.Logs with { Level = LogLevel.Error } } };

    private static string Text(GatewayHost host, List<(string Tier, Uri Url)> destinations, List<Process> guides)
    {
        var users = host.Addresses.First();
        var first = destinations[0].Tier;
        var primary = string.Join(' ', guides.Where((_, i) => string.Equals(destinations[i].Tier, first, StringComparison.Ordinal)).Select(static g => g.Id));
        var all = string.Join(' ', guides.Select(static g => g.Id));
        return $"""

            The gateway runs, with {guides.Count} sample guides behind it.

              users      {users}/  (a page for the browser)
              operators  {host.AdminAddress.GetLeftPart(UriPartial.Authority)}

            Three things to try in another terminal:

              a request          curl -i "{users}/api/guide/recommend?user=42"
              stop the primary   kill -9 {primary}
              stop everything    kill -9 {all}

            Ask again after each: responses keep coming. Ctrl-C ends everything.

            """;
    }

    private static async Task<bool> StartGuideAsync(string program, string tier, Uri url, List<Process> guides)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in new[] { program, "--port", url.Port.ToString(), "--name", $"{tier}-{url.Port}" })
        {
            start.ArgumentList.Add(argument);
        }

        var guide = Process.Start(start)!;
        guides.Add(guide);
        while (await guide.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (line.StartsWith("listening on", StringComparison.Ordinal))
            {
                // What else it prints must not fill the pipe and stop it.
                _ = guide.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
                return true;
            }
        }

        return false;
    }

    private static void EndAll(List<Process> guides)
    {
        foreach (var guide in guides)
        {
            try
            {
                guide.Kill(entireProcessTree: true);
            }
            catch (InvalidOperationException)
            {
                // It has ended already, perhaps because somebody tried "stop everything".
            }

            guide.Dispose();
        }

        guides.Clear();
    }
}
