using System.Collections.Immutable;
using System.ComponentModel;
using System.Globalization;

namespace Gateway.Notifications;

/// <summary>
/// Starts a program, without a shell: the arguments are those of the configuration and nothing of the notification is among them. It gets
/// the notification as JSON on its input and as <c>GATEWAY_…</c> variables. Out of time it is killed with everything that it started.
/// </summary>
internal sealed class ExecDelivery(ImmutableArray<string> command) : INotifyDelivery
{
    /// <inheritdoc/>
    public string Name { get; } = $"program {Path.GetFileName(command[0])}";

    /// <inheritdoc/>
    public async Task DeliverAsync(Notification notification, CancellationToken cancellationToken)
    {
        try
        {
            var (exitCode, said) = await ProgramRunner.RunAsync(
                command, VariablesOf(notification), notification.ToJson(), cancellationToken).ConfigureAwait(false);
            if (exitCode != 0)
            {
                throw new DeliveryException(
                    string.Create(CultureInfo.InvariantCulture, $"it ended with exit code {exitCode}{said}"), mayRepeat: true);
            }
        }
        catch (Win32Exception e)
        {
            throw new DeliveryException($"it cannot be started: {ProgramRunner.ReasonOf(e, command[0])}", mayRepeat: false, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Each start owns what it needs.
    }

    private static IEnumerable<KeyValuePair<string, string>> VariablesOf(Notification notification) =>
    [
        KeyValuePair.Create("GATEWAY_EVENT", notification.EventName),
        KeyValuePair.Create("GATEWAY_CLUSTER", notification.Cluster ?? ""),
        KeyValuePair.Create("GATEWAY_FROM", notification.From ?? ""),
        KeyValuePair.Create("GATEWAY_TO", notification.To ?? ""),
        KeyValuePair.Create("GATEWAY_TIER", notification.Tier ?? ""),
        KeyValuePair.Create("GATEWAY_DESTINATION", notification.Destination ?? ""),
        KeyValuePair.Create("GATEWAY_TEXT", notification.Text),
    ];
}
