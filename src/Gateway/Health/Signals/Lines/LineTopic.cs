using Gateway.Configuration.Model;

namespace Gateway.Health.Signals.Lines;

/// <summary>A source of lines: what signals subscribe to, and the source publishes under.</summary>
internal static class LineTopic
{
    /// <summary>Where a signal's lines come from; null: from files, or it counts none.</summary>
    public static string? Of(SignalConfig signal) => signal switch
    {
        { Journal: { } unit } => OfJournal(unit),
        { Syslog: { } address } => OfSyslog(address),
        { Push: { } name } => OfPush(name),
        _ => null,
    };

    /// <summary>The journal of a unit.</summary>
    public static string OfJournal(string unit) => $"journal {unit}";

    /// <summary>An address at which syslog messages are taken.</summary>
    public static string OfSyslog(Uri address) => $"syslog {address}";

    /// <summary>A name under which lines are sent to the admin endpoint.</summary>
    public static string OfPush(string name) => $"push {name}";
}
