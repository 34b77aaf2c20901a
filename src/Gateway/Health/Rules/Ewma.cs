namespace Gateway.Health.Rules;

/// <summary>
/// A mean that forgets: after <paramref name="HalfLife"/> an old value weighs half. Immutable; the caller tells the time.
/// </summary>
internal readonly record struct Ewma(TimeSpan HalfLife, double Value = 0, TimeSpan At = default, bool Known = false)
{
    /// <summary>With one more value.</summary>
    public Ewma With(double value, TimeSpan now)
    {
        if (!Known)
        {
            return this with { Value = value, At = now, Known = true };
        }

        var keep = Math.Pow(0.5, Math.Max(0, (now - At).TotalSeconds) / HalfLife.TotalSeconds);
        return this with { Value = (Value * keep) + (value * (1 - keep)), At = now };
    }
}
