using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Gateway.Hosting;

/// <summary>
/// Tells systemd (<c>Type=notify</c>) that the gateway is ready, that it is stopping, and, where a watchdog is set, that it lives: from a
/// timer of the thread pool, so that a process that is frozen or has no thread left falls silent and is restarted.
/// </summary>
internal sealed class SystemdNotice
{
    private readonly string _socket;
    private readonly TimeSpan? _watchdog;

    private SystemdNotice(string socket, TimeSpan? watchdog)
    {
        _socket = socket;
        _watchdog = watchdog;
    }

    /// <summary>
    /// Where systemd listens, by the variables that it sets; null: it was not systemd that started us, or it does not listen.
    /// </summary>
    public static SystemdNotice? Of(Func<string, string?> environment)
    {
        if (environment("NOTIFY_SOCKET") is not { Length: > 1 } socket || socket[0] is not ('/' or '@'))
        {
            return null;
        }

        // Half the time that it allows, as systemd's manual advises.
        TimeSpan? watchdog = long.TryParse(
            environment("WATCHDOG_USEC"),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var microseconds) && microseconds >= 2_000
            && (environment("WATCHDOG_PID") is not { Length: > 0 } meant
                || string.Equals(meant, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))
            ? TimeSpan.FromMicroseconds(microseconds / 2)
            : null;
        return new(socket, watchdog);
    }

    /// <summary>Tells until the gateway is asked to stop, and that it was.</summary>
    public async Task TellAsync(Task ready, Task<PosixSignal> asked, TimeProvider time)
    {
        if (await Task.WhenAny(ready, asked).ConfigureAwait(false) == ready)
        {
            Notify("READY=1\nSTATUS=Serving.");
            if (_watchdog is { } every)
            {
                // Only while it serves: once it stops, systemd counts by its own deadline for stopping.
                using var timer = new PeriodicTimer(every, time);
                while (await Task.WhenAny(
                    asked,
                    timer.WaitForNextTickAsync(CancellationToken.None).AsTask()).ConfigureAwait(false) != asked)
                {
                    Notify("WATCHDOG=1");
                }
            }

            await asked.ConfigureAwait(false);
        }

        Notify("STOPPING=1\nSTATUS=Requests in flight finish.");
    }

    private void Notify(string state)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
            socket.SendTo(
                System.Text.Encoding.UTF8.GetBytes(state),
                new UnixDomainSocketEndPoint(_socket[0] == '@' ? "\0" + _socket[1..] : _socket));
        }
        catch (SocketException)
        {
            // There is no listener, or its queue is full. Users are served all the same; systemd goes by its own deadlines.
        }
    }
}
