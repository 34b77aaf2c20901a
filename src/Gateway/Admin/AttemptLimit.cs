using System.Net;

namespace Gateway.Admin;

/// <summary>
/// Bounds wrong tokens: ten in a minute from one address, then that address is refused, right token or not, until the minute is over.
/// </summary>
internal sealed class AttemptLimit(TimeProvider time)
{
    /// <summary>Wrong tokens of one address in a window.</summary>
    public const int Max = 10;

    // Someone with many addresses shares one count beyond these.
    private const int MaxAddresses = 1000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, (long Since, int Count)> _wrong = [];

    /// <summary>How long this address has to wait; zero: it may try.</summary>
    public TimeSpan Wait(IPAddress address)
    {
        lock (_gate)
        {
            return _wrong.TryGetValue(Key_NeedsLock(address), out var wrong) && wrong.Count >= Max && time.GetElapsedTime(wrong.Since) is var passed && passed < Window
                ? Window - passed
                : TimeSpan.Zero;
        }
    }

    /// <summary>A wrong token came; returns how many did in this window.</summary>
    public int Wrong(IPAddress address)
    {
        lock (_gate)
        {
            if (_wrong.Count >= MaxAddresses)
            {
                foreach (var old in _wrong.Where(w => time.GetElapsedTime(w.Value.Since) >= Window).Select(static w => w.Key).ToArray())
                {
                    _wrong.Remove(old);
                }
            }

            var key = Key_NeedsLock(address);
            var known = _wrong.TryGetValue(key, out var wrong) && time.GetElapsedTime(wrong.Since) < Window;
            _wrong[key] = known ? wrong with { Count = wrong.Count + 1 } : (time.GetTimestamp(), 1);
            return _wrong[key].Count;
        }
    }

    private IPAddress Key_NeedsLock(IPAddress address) =>
        _wrong.Count >= MaxAddresses && !_wrong.ContainsKey(address) ? IPAddress.None : address;
}
