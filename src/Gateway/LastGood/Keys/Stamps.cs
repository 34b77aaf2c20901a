namespace Gateway.LastGood.Keys;

/// <summary>Time stamps that only grow.</summary>
internal static class Stamps
{
    /// <summary>Raises a stamp to <paramref name="value"/>.</summary>
    public static void Raise(ref long stamp, long value)
    {
        var seen = Volatile.Read(ref stamp);
        while (seen < value)
        {
            var found = Interlocked.CompareExchange(ref stamp, value, seen);
            if (found == seen)
            {
                return;
            }

            seen = found;
        }
    }
}
