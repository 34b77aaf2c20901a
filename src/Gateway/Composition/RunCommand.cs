using System.CommandLine;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Gateway.Cli;
using Gateway.Configuration;

namespace Gateway.Composition;

/// <summary><c>run</c>: the gateway in the foreground, until SIGTERM or Ctrl-C.</summary>
internal static class RunCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var file = new Option<string?>("--config") { Description = ConfigPath.Description };
        var command = new Command("run", "Runs the gateway until SIGTERM or Ctrl-C. SIGHUP reads the configuration again.") { file };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(ConfigPath.Of(parsed.GetValue(file), environment), environment, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error));
        return command;
    }

    private static async Task<int> RunAsync(string path, Func<string, string?> environment, TextWriter output, TextWriter error)
    {
        var loaded = await ConfigPath.LoadAsync(path, environment, error).ConfigureAwait(false);
        if (loaded.Config is null)
        {
            return GatewayCli.BadUsage;
        }

        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            await using var host = new GatewayHost(loaded, path, environment, TimeProvider.System);
            using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
            {
                context.Cancel = true;
                host.RequestReload();
            });
            await host.StartAsync(CancellationToken.None).ConfigureAwait(false);
            await output.WriteLineAsync($"Users: {string.Join(", ", host.Addresses)}  Operators: {host.AdminAddress.GetLeftPart(UriPartial.Authority)}").ConfigureAwait(false);
            await stop.Task.ConfigureAwait(false);
            await host.StopAsync().ConfigureAwait(false);
            return GatewayCli.Done;
        }
        catch (Exception e) when (e is IOException or CryptographicException or ArgumentException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
        {
            await error.WriteLineAsync($"The gateway cannot start: {e.Message}").ConfigureAwait(false);
            return GatewayCli.Failed;
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.TrySetResult();
        }
    }
}
