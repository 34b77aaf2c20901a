using System.Globalization;
using Gateway.Observability.Metrics;
using Gateway.Upstream;

namespace Gateway.Server;

/// <summary>
/// Divides the file descriptors that the process may have: half for users' connections, half for destinations', and a rest for everything
/// else. Without them nothing works any more, the runtime included, so that they must not run out.
/// </summary>
internal sealed class FileDescriptorBudget
{
    /// <summary>For 200 connections of operators, probes, stores, logs and assemblies that are loaded later.</summary>
    private const int Reserve = 320;

    /// <summary>What a gateway has open once it serves, at least.</summary>
    private const int UsuallyOpen = 220;

    /// <summary>Even where there are next to none, somebody is served.</summary>
    private const int Fewest = 16;

    private const string Remedy = "Raise the limit (LimitNOFILE= of systemd, ulimit -n of a shell, --ulimit nofile= of a container).";

    private static readonly TimeSpan AlarmFor = TimeSpan.FromSeconds(10);

    private readonly long? _limit;

    /// <param name="limit">The most that the process may have; null: unknown.</param>
    /// <param name="open">How many it has.</param>
    /// <param name="time">The clock.</param>
    public FileDescriptorBudget(long? limit, long open, TimeProvider time)
    {
        _limit = limit;
        var each = limit is { } most
            ? (int)Math.Clamp((most - Math.Max(open, UsuallyOpen) - Reserve) / 2, Fewest, int.MaxValue)
            : int.MaxValue;
        Users = new SocketBudget(each, time);
        Destinations = new SocketBudget(each, time);
    }

    /// <summary>Users' connections.</summary>
    public SocketBudget Users { get; }

    /// <summary>Connections to destinations.</summary>
    public SocketBudget Destinations { get; }

    /// <summary>As the process stands now.</summary>
    public static FileDescriptorBudget OfThisProcess(TimeProvider time) =>
        new(ProcessFigures.DescriptorLimit, ProcessFigures.DescriptorCount ?? 0, time);

    /// <summary>What to say at the start, when there are fewer than the configuration counts on; null: there are enough.</summary>
    public string? Warning(int connections) => Users.Most >= connections ? null : string.Create(CultureInfo.InvariantCulture,
        $"The process may have {_limit} file descriptors: at most {Users.Most} connections of users are taken at once, fewer than "
            + $"limits.connections ({connections}); further ones wait. {Remedy}");

    /// <summary>What is wrong now; null: nothing.</summary>
    /// <param name="withoutSocket">How long ago there was none left for a probe.</param>
    public string? Alarm(TimeSpan? withoutSocket)
    {
        if (withoutSocket < AlarmFor)
        {
            return $"The process has no file descriptors left: new connections fail on both sides, and no destination is blamed for it. "
                + $"{Remedy}";
        }

        if (Users.SinceRefused < AlarmFor)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{Users.Most} connections of users are open, as many as {_limit} file descriptors allow: new ones wait. {Remedy}");
        }

        return Destinations.SinceRefused < AlarmFor
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{Destinations.Most} connections to destinations are open, as many as {_limit} file descriptors allow: requests that need "
                    + $"one more get their fallback. {Remedy}")
            : null;
    }
}
