namespace Gateway.Notifications.Runbooks;

/// <summary>
/// How many gateways a fleet has: all that were heard within the last ten minutes, by name. Those that are cut off are still counted, so
/// that a minority knows that it is one. Only the runbooks' loop touches it.
/// </summary>
internal sealed class FleetSizeMemory
{
    /// <summary>A gateway that has left is counted for so long.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, TimeSpan> _heard = new(StringComparer.Ordinal);

    /// <summary>Takes those that are heard now, and says how many there are.</summary>
    public int Count(IEnumerable<string> heard, TimeSpan now)
    {
        foreach (var name in heard)
        {
            _heard[name] = now;
        }

        foreach (var gone in _heard.Where(entry => now - entry.Value > Remembered).Select(static entry => entry.Key).ToArray())
        {
            _heard.Remove(gone);
        }

        return _heard.Count;
    }
}
