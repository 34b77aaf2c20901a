using System.CommandLine;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Gateway.Cli;
using Gateway.Server;
using Serilog.Events;

namespace Gateway.Hosting;

/// <summary><c>run</c>: the gateway in the foreground, until SIGTERM or Ctrl-C.</summary>
internal static class RunCommand
{
    /// <summary>SIGUSR1 as Linux numbers it; .NET has no name for it.</summary>
    private const int UserSignal = 10;

    public static Command Create(Func<string, string?> environment)
    {
        var file = new Option<string?>("--config") { Description = ConfigPath.Description, HelpName = "FILE" };
        var command = new Command(
            "run",
            "Runs the gateway until SIGTERM or Ctrl-C; a second one ends it without waiting. SIGHUP reads the configuration again, SIGUSR1 "
                + "opens the log's file again.") { file };
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
        var (loaded, notice) = StartConfiguration.Of(
            await ConfigPath.LoadAsync(path, environment, error).ConfigureAwait(false), path, environment);
        if (loaded.Config is null)
        {
            return GatewayCli.BadUsage;
        }

        var console = new ConsoleText(loaded.Config.Telemetry.Logs.Format, TimeProvider.System);
        await WarnAsync(console, notice, path, environment, output).ConfigureAwait(false);
        using var signals = new StopSignals();
        try
        {
            var systemd = SystemdNotice.Of(environment);
            await using var host = new GatewayHost(
                loaded,
                path,
                environment,
                new CoalescedTime(),
                SocketActivation.Take(environment, Environment.ProcessId))
            { WarmUpWithin = loaded.Config.WarmUp };
            using var hangUp = On(PosixSignal.SIGHUP, host.RequestReload);
            using var reopen = OperatingSystem.IsLinux() ? On((PosixSignal)UserSignal, host.ReopenLog) : null;
            await host.StartAsync(CancellationToken.None).ConfigureAwait(false);
            await console.WriteAsync(
                output,
                LogEventLevel.Information,
                $"Users: {string.Join(", ", host.Addresses)}  Operators: "
                    + $"{host.AdminAddress.GetLeftPart(UriPartial.Authority)}").ConfigureAwait(false);
            var telling = systemd?.TellAsync(host.Ready, signals.Asked, TimeProvider.System) ?? Task.CompletedTask;

            // Ctrl-C comes from somebody who waits at a terminal; SIGTERM from something that may stand behind a balancer.
            if (await signals.Asked.ConfigureAwait(false) == PosixSignal.SIGTERM)
            {
                await host.DrainAsync(signals.ForceShutdown).ConfigureAwait(false);
            }

            await host.StopAsync(signals.ForceShutdown).ConfigureAwait(false);
            await telling.ConfigureAwait(false);
            return GatewayCli.Done;
        }
        catch (Exception e) when (e is IOException or CryptographicException or ArgumentException
            or UnauthorizedAccessException or System.Net.Sockets.SocketException)
        {
            await console.WriteAsync(
                error,
                LogEventLevel.Error,
                $"The gateway cannot start: {PortsTaken.Sentence(loaded.Config, e) ?? e.Message}").ConfigureAwait(false);
            return GatewayCli.Failed;
        }
    }

    /// <summary>Says what an operator would not expect of the configuration that the start takes.</summary>
    private static async Task WarnAsync(
        ConsoleText console, string? notice, string path, Func<string, string?> environment, TextWriter output)
    {
        if (notice is not null)
        {
            await console.WriteAsync(output, LogEventLevel.Warning, notice).ConfigureAwait(false);
        }

        if (string.Equals(path, environment(ConfigPath.SampleVariable), StringComparison.Ordinal))
        {
            await console.WriteAsync(
                output,
                LogEventLevel.Warning,
                $"No configuration is given: the sample \"{path}\" is in force. Mount a folder with your "
                    + $"{Path.GetFileName(ConfigPath.Installed)} as {Path.GetDirectoryName(ConfigPath.Installed)}, one for its static "
                    + $"files, and a volume for its state.").ConfigureAwait(false);
        }
    }

    private static PosixSignalRegistration On(PosixSignal signal, Action act) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        act();
    });
}
