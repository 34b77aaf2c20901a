using Gateway.Configuration.Model;
using Gateway.Health.Forecast;
using Gateway.Observability.History;

namespace Gateway.Tests.Health.Forecast;

/// <summary>Runs a simulated destination through the code that the failover loop uses, a second of virtual time at a step.</summary>
internal static class ForecastSimulation
{
    public const int Warm = 3600;
    public const int Day = 86_400;

    private static readonly ForecastLimits Limits = ForecastLimits.Of(new ClusterConfig { Name = "guide", Tiers = [] });

    /// <summary>One fault after an hour; what the forecasts said of it.</summary>
    /// <param name="fault">What ends the destination.</param>
    /// <param name="seed">Of what is drawn.</param>
    /// <param name="jerks">The fault grows now faster, now slower.</param>
    public static SimulatedRun Run(Fault fault, int seed, bool jerks = false)
    {
        var destination = new SimulatedDestination(seed, fault, Warm, jerks);
        var forecast = new DestinationForecast(TimeSpan.Zero);
        var run = new SimulatedRun();
        for (var second = 1; second < Warm + 7200 && destination.Serves; second++)
        {
            Step(destination, forecast, second, isExcused: false, run);
        }

        return run with { NoticedAt = destination.NoticedAt, SlowAt = destination.SlowAt };
    }

    /// <summary>A week without a fault: nights, two rushes a day, a deploy a day.</summary>
    /// <param name="seed">Of what is drawn.</param>
    /// <param name="drains">Deploys drain the destination first; false: it is simply restarted.</param>
    public static SimulatedRun Week(int seed, bool drains)
    {
        var random = new Random(seed * 7919);
        var destination = new SimulatedDestination(seed, Fault.None, 0);
        var forecast = new DestinationForecast(TimeSpan.Zero);
        var run = new SimulatedRun();
        int[] rushes = [.. Enumerable.Range(0, 14).Select(i => (i * Day / 2) + 14_400 + random.Next(18_000))];
        int[] deploys = [.. Enumerable.Range(0, 7).Select(i => (i * Day) + 36_000 + random.Next(10_000))];
        var drainedUntil = -1;
        for (var second = 1; second < 7 * Day; second++)
        {
            if (Array.IndexOf(deploys, second) >= 0)
            {
                destination.Restart(second);
                drainedUntil = drains ? second + 30 : -1;
            }

            var ofDay = second % Day / (double)Day;
            var daily = 0.55 + (0.45 * Math.Cos(2 * Math.PI * (ofDay - 0.6)));
            destination.Load = (daily < 0.15 ? 0.02 : daily) + Rush(rushes, second);

            // At two in the morning a job runs for twenty minutes; a rush loses some requests.
            destination.ProbeFactor = second % Day is > 7200 and < 8400 ? 6 : 1;
            destination.ExtraFailures = Rush(rushes, second) > 3 ? 0.02 : 0;
            Step(destination, forecast, second, second < drainedUntil, run);
        }

        return run;
    }

    // Up within a minute or two to several times the usual, and gone after half an hour.
    private static double Rush(int[] rushes, int second)
    {
        foreach (var at in rushes)
        {
            var since = second - at;
            if (since is >= 0 and < 3600)
            {
                var height = 3 + (at % 4);
                return height * Math.Min(1, since / (40.0 + (at % 80))) * Math.Exp(-Math.Max(0, since - 1200) / 500.0);
            }
        }

        return 0;
    }

    private static void Step(SimulatedDestination destination, DestinationForecast forecast, int second, bool isExcused, SimulatedRun run)
    {
        var now = TimeSpan.FromSeconds(second);
        var sample = destination.Next(second);
        foreach (var happened in forecast.Observe(sample, Limits, destination.Serves, isExcused, now))
        {
            if (happened is { IsAlarm: true, Outcome: null })
            {
                run.Alarms.Add((second, happened.Assessment));
            }
            else if (happened.Outcome is { } outcome)
            {
                var madeAt = DateTimeOffset.UnixEpoch + now - happened.Age;
                run.Records.Add(new ForecastRecord(madeAt, "guide", "a", happened.Assessment.Probability, outcome, happened.Age)
                {
                    IsAlarm = happened.IsAlarm,
                    Reason = happened.Assessment.Reason,
                });
            }
        }
    }
}
