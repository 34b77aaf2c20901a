namespace Gateway.Drills.Figures;

/// <summary>Every figure that a drill holds the gateway to, in one place.</summary>
internal static class Thresholds
{
    /// <summary>p99 with one or both primaries killed.</summary>
    public static readonly TimeSpan KilledP99 = TimeSpan.FromMilliseconds(100);

    /// <summary>p99 with one or both primaries frozen.</summary>
    public static readonly TimeSpan FrozenP99 = TimeSpan.FromMilliseconds(250);

    /// <summary>p99 with one or both primaries slow.</summary>
    public static readonly TimeSpan SlowP99 = TimeSpan.FromMilliseconds(250);

    /// <summary>p99 with everything dead: responses come from the fallback chain.</summary>
    public static readonly TimeSpan DeadP99 = TimeSpan.FromMilliseconds(50);

    /// <summary>From a destination's return to responses from it.</summary>
    public static readonly TimeSpan BackToLive = TimeSpan.FromSeconds(2);

    /// <summary>From a fault to the switch, at the latest.</summary>
    public static readonly TimeSpan SwitchWithin = TimeSpan.FromSeconds(3);

    /// <summary>Extra attempts as a share of requests.</summary>
    public const double ExtraShare = 0.20;

    /// <summary>Extra attempts that are always allowed, a second.</summary>
    public const double ExtraFloor = 3;

    /// <summary>A stream goes on, or ends visibly, within this.</summary>
    public static readonly TimeSpan StreamWithin = TimeSpan.FromSeconds(1);

    /// <summary>A good configuration applies, and a broken one shows, within this.</summary>
    public static readonly TimeSpan ReloadWithin = TimeSpan.FromSeconds(2);

    /// <summary>The share of high-level requests that stay live on an overloaded standby.</summary>
    public const double HighLive = 0.99;

    /// <summary>p99 under disturbance over p99 without.</summary>
    public const double P99Factor = 2.0;

    /// <summary>The first response after a start.</summary>
    public static readonly TimeSpan ColdFirst = TimeSpan.FromMilliseconds(15);

    /// <summary>p99 of the first seconds after a start.</summary>
    public static readonly TimeSpan ColdP99 = TimeSpan.FromMilliseconds(15);

    /// <summary>The longest response of the first seconds after a start.</summary>
    public static readonly TimeSpan ColdMax = TimeSpan.FromMilliseconds(100);

    /// <summary>Where the machine itself is slow: these figures as multiples of the same process's warm ones.</summary>
    public const double ColdFactor = 3.0;

    /// <summary>The same for the first response, which is one alone: a multiple of the longest warm one.</summary>
    public const double ColdFirstFactor = 2.0;

    /// <summary>CPU of a request in the first seconds as a multiple of a warm one's.</summary>
    public const double ColdCpuFactor = 2.0;

    /// <summary>The load that warms a gateway up, as a multiple of the measured one.</summary>
    public const double WarmUpFactor = 4.0;

    /// <summary>Memory of the gateway for one idle event stream.</summary>
    public const long IdleStreamBytes = 40 * 1024;

    /// <summary>Memory of the gateway for one event stream that says a token a second.</summary>
    public const long ActiveStreamBytes = 30 * 1024;

    /// <summary>What a fault of Redis may add to the p99 of users.</summary>
    public static readonly TimeSpan RedisCost = TimeSpan.FromMilliseconds(5);

    /// <summary>From a fault of Redis to the alarm on every gateway.</summary>
    public static readonly TimeSpan RedisAlarm = TimeSpan.FromSeconds(5);

    /// <summary>From its end to gateways that agree.</summary>
    public static readonly TimeSpan RedisAgreement = TimeSpan.FromSeconds(5);

    /// <summary>From the cut to a gateway that is not ready, when it alone reaches nothing.</summary>
    public static readonly TimeSpan AsideWithin = TimeSpan.FromSeconds(3);

    /// <summary>From an operator's order to its being in force on every gateway.</summary>
    public static readonly TimeSpan HoldWithin = TimeSpan.FromSeconds(1);

    /// <summary>Between the first and the last gateway that makes the same change.</summary>
    public static readonly TimeSpan FleetSpread = TimeSpan.FromSeconds(1);

    /// <summary>The generator's own lateness (p99): above it a run says more about this machine than about the gateway.</summary>
    public static readonly TimeSpan GeneratorLateness = TimeSpan.FromMilliseconds(20);
}
