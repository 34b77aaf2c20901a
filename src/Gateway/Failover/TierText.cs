using System.Globalization;
using Gateway.Health.Model;

namespace Gateway.Failover;

/// <summary>What a tier is short of, in words. Pure.</summary>
internal static class TierText
{
    private const int MostNamed = 3;

    /// <summary>Why a tier cannot take over, as in "primary must be healthy first: …".</summary>
    public static string ShortageOf(TierView tier, int gateways, DateTimeOffset now)
    {
        if (tier.Destinations.IsEmpty)
        {
            return "it has no destination, since its names do not resolve";
        }

        if (tier.Healthy >= tier.Needed && tier.DownVotes * 2 > gateways && gateways > 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{tier.DownVotes} of {gateways} gateways cannot use it");
        }

        if (tier.Healthy >= tier.Needed)
        {
            return "its destinations are not probed yet";
        }

        var up = string.Create(
            CultureInfo.InvariantCulture,
            $"{tier.Healthy} of {tier.Destinations.Length} {(tier.Destinations.Length == 1 ? "destination" : "destinations")} up, "
                + $"{tier.Needed} needed");
        return DestinationsOf(tier, static d => d.Lost || d.Draining, now) is { Length: > 0 } which ? $"{up} ({which})" : up;
    }

    /// <summary>What a tier has lost, as in "primary has lost 1 of 2 destinations (…)".</summary>
    public static string LossOf(TierView tier, DateTimeOffset now) => string.Create(
        CultureInfo.InvariantCulture,
        $"{tier.Name} has lost {tier.Destinations.Count(static d => d.Lost)} of {tier.Destinations.Length} "
            + $"{(tier.Destinations.Length == 1 ? "destination" : "destinations")} ({DestinationsOf(tier, static d => d.Lost, now)})");

    private static string DestinationsOf(TierView tier, Func<DestinationView, bool> which, DateTimeOffset now)
    {
        DestinationView[] some = [.. tier.Destinations.Where(which)];
        var named = string.Join(", ", some.Take(MostNamed).Select(d => $"{d.Name}: {StateOf(d, now)}"));
        return some.Length <= MostNamed
            ? named
            : string.Create(CultureInfo.InvariantCulture, $"{named}, and {some.Length - MostNamed} more");
    }

    // What is so now: a cause that is over is not told as if it went on.
    private static string StateOf(DestinationView destination, DateTimeOffset now) => destination switch
    {
        { Draining: true } => "drained",
        { HealthStatus: HealthStatus.Down, LastProbe: { Passed: true } } => "down, its last probe passed",
        { HealthStatus: HealthStatus.Down, LastProbe: { } probe } => $"{probe.Words} on probes",
        { HealthStatus: HealthStatus.Ejected, EjectedUntil: { } until } =>
            $"ejected until {WallClock.TimeOf(until, now)}{(destination.Cause.Length > 0 ? $", {destination.Cause}" : "")}"
                + $"{(destination.LastProbe is { Passed: true } ? ", while its probes pass" : "")}",
        { HealthStatus: HealthStatus.HalfOpen } => "waits for a request that tries it",
        _ => destination.Cause.Length > 0 ? destination.Cause : "down",
    };
}
