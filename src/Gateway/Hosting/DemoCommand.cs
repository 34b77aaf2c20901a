using System.CommandLine;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Gateway.Cli;
using Gateway.Configuration;
using Gateway.Configuration.Model;
using Serilog.Events;

namespace Gateway.Hosting;

/// <summary><c>demo</c>: two primary and two standby sample guides, each a process of its own, and the gateway in front of them.</summary>
internal static class DemoCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var file = new Option<string?>("--config") { Description = ConfigPath.Description, HelpName = "FILE" };
        var command = new Command("demo", "Starts four sample guides and the gateway, says what to try, and ends everything on Ctrl-C.")
        {
            file
        };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(
                ConfigPath.Of(parsed.GetValue(file), environment),
                environment,
                parsed.InvocationConfiguration.Output,
                parsed.InvocationConfiguration.Error));
        return command;
    }

    private static async Task<int> RunAsync(string path, Func<string, string?> environment, TextWriter output, TextWriter error)
    {
        var root = environment("GATEWAY_ROOT") is { Length: > 0 } given ? given : Directory.GetCurrentDirectory();
        Directory.SetCurrentDirectory(root);
        using var guides = new DemoGuides(root);
        if (!guides.IsBuilt)
        {
            await error.WriteLineAsync(
                $"The sample guide is not built: \"{guides.Program}\" is missing. The demo is part of a clone: start it there, with "
                    + $"{ProgramName.InAClone} demo.").ConfigureAwait(false);
            return GatewayCli.Failed;
        }

        var (loaded, notice) = StartConfiguration.Of(
            await ConfigPath.LoadAsync(path, environment, error).ConfigureAwait(false), path, environment);
        if (notice is not null)
        {
            await error.WriteLineAsync(notice).ConfigureAwait(false);
        }

        if (loaded.Config is not { } config)
        {
            return GatewayCli.BadUsage;
        }

        return await RunAsync(guides, loaded, config, path, environment, output, error).ConfigureAwait(false);
    }

    private static async Task<int> RunAsync(
        DemoGuides guides,
        ConfigResult loaded,
        GatewayConfig config,
        string path,
        Func<string, string?> environment,
        TextWriter output,
        TextWriter error)
    {
        var console = new ConsoleText(config.Telemetry.Logs.Format, TimeProvider.System);
        var destinations =
            config.Clusters.SelectMany(static c => c.Tiers.SelectMany(t => t.Destinations.Select(d => (Tier: t.Name, d.Url)))).ToList();
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        try
        {
            if (await guides.StartAsync(destinations).ConfigureAwait(false) is { } missing)
            {
                await console.WriteAsync(
                    error,
                    LogEventLevel.Error,
                    $"The sample guide for \"{missing}\" did not start: is the port taken? End what listens there, or change \"{path}"
                        + $"\".").ConfigureAwait(false);
                return GatewayCli.Failed;
            }

            // The text below comes last and alone: what the log has to say about a start is said when the gateway runs by itself.
            await using var host = new GatewayHost(loaded with { Config = Quietly(config) }, path, environment, TimeProvider.System);
            await host.StartAsync(CancellationToken.None).ConfigureAwait(false);
            await Task.WhenAny(host.Ready, stop.Task).ConfigureAwait(false);
            host.SetLogLevel(config.Telemetry.Logs.Level);
            await console.WriteAsync(output, LogEventLevel.Information, Text(host, destinations, guides.ProcessIds)).ConfigureAwait(false);
            await stop.Task.ConfigureAwait(false);
            await console.WriteAsync(output, LogEventLevel.Information, "Ending everything ...").ConfigureAwait(false);
            guides.EndAll();
            await host.StopAsync().ConfigureAwait(false);
            return GatewayCli.Done;
        }
        catch (Exception e) when (e is IOException or SocketException or TimeoutException or ArgumentException)
        {
            await console.WriteAsync(
                error,
                LogEventLevel.Error,
                $"The demo cannot start: {PortsTaken.Sentence(config, e) ?? e.Message}").ConfigureAwait(false);
            return GatewayCli.Failed;
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.TrySetResult();
        }
    }

    private static GatewayConfig Quietly(GatewayConfig config) =>
        config with { Telemetry = config.Telemetry with { Logs = config.Telemetry.Logs with { Level = LogLevel.Error } } };

    private static string Text(GatewayHost host, List<(string Tier, Uri Url)> destinations, IReadOnlyList<int> guides)
    {
        var users = host.Addresses.First();
        var first = destinations[0].Tier;
        var primary = string.Join(' ', guides.Where((_, i) => string.Equals(destinations[i].Tier, first, StringComparison.Ordinal)));
        var all = string.Join(' ', guides);
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
}
