namespace Gateway.Configuration.Model;

/// <summary>When a tier is left.</summary>
internal sealed record FailoverConfig
{
    /// <summary>
    /// With fewer healthy destinations the tier cannot serve. A count, or a share when <see cref="MinHealthyIsShare"/>. Default: 1.
    /// </summary>
    public double MinHealthy { get; init; } = 1;

    /// <summary>True: <see cref="MinHealthy"/> is a ratio from 0 to 1 of the tier's destinations. Default: false.</summary>
    public bool MinHealthyIsShare { get; init; }

    /// <summary>How long a tier must have been unable to serve before it is left. Default: 0 s, at once.</summary>
    public TimeSpan SwitchAfter { get; init; } = TimeSpan.Zero;

    /// <summary>How many of <paramref name="destinations"/> must be healthy, at least 1.</summary>
    public int NeededOf(int destinations) =>
        Math.Max(1, MinHealthyIsShare ? (int)Math.Ceiling((MinHealthy * destinations) - 1e-9) : (int)MinHealthy);
}

/// <summary>When a better tier is taken again.</summary>
internal sealed record FailbackConfig
{
    /// <summary>False: an operator decides (<c>mode: manual</c>). Default: true.</summary>
    public bool Auto { get; init; } = true;

    /// <summary>The better tier must have been able to serve for this long without a break. Default: 30 s.</summary>
    public TimeSpan After { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Its share grows from 10 % to 100 % in this time; a relapse ends the ramp. 0: at once. Default: 30 s.</summary>
    public TimeSpan Ramp { get; init; } = TimeSpan.FromSeconds(30);
}
