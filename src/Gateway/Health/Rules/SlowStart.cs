namespace Gateway.Health.Rules;

/// <summary>
/// The share of its requests that a destination gets after it has come back (<c>slowStart</c>): a tenth at once, all of them at the end.
/// Knows no clock; only the loop touches it.
/// </summary>
/// <param name="served">It counts as known: that it serves now is no return.</param>
internal sealed class SlowStart(bool served)
{
    /// <summary>The share with which it begins.</summary>
    public const double First = 0.1;

    private bool _served = served;
    private TimeSpan? _since;

    /// <summary>It gets less than its share.</summary>
    public bool IsRunning => _since is not null;

    /// <summary>Looks whether it serves.</summary>
    /// <param name="serves">It may take new requests.</param>
    /// <param name="length">The whole time; zero: it gets everything at once.</param>
    /// <param name="now">The loop's clock.</param>
    /// <returns>True: its share is not what it was.</returns>
    public bool Update(bool serves, TimeSpan length, TimeSpan now)
    {
        var was = _since;
        if (!serves || (_since is { } since && now - since >= length))
        {
            _since = null;
        }
        else if (!_served && length > TimeSpan.Zero)
        {
            _since = now;
        }

        _served = serves;
        return was is not null || _since is not null;
    }

    /// <summary>Its share now, from 0.1 to 1.</summary>
    public double ShareAt(TimeSpan length, TimeSpan now) =>
        _since is { } since && length > TimeSpan.Zero ? Math.Clamp(First + ((1 - First) * ((now - since) / length)), First, 1) : 1;
}
