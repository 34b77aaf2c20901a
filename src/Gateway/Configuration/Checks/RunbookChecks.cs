using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Checks;

/// <summary>Runbooks that do not fit together, or name what is not there.</summary>
internal static class RunbookChecks
{
    /// <summary>Notes every problem and warning.</summary>
    public static void Run(GatewayConfig config, Reader reader)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < config.Runbooks.Length; i++)
        {
            var runbook = config.Runbooks[i];
            var path = $"runbooks/{i.ToString(CultureInfo.InvariantCulture)}";
            if (!names.Add(runbook.Name))
            {
                reader.ProblemAt(
                    $"{path}/name", $"Two runbooks have the same name, given {Reader.Quote(runbook.Name)}. Write another name.");
            }

            Clusters(runbook, path, config, reader);
            Conditions(runbook, path, config, reader);
            Steps(runbook, path, config, reader);
        }
    }

    private static void Clusters(RunbookConfig runbook, string path, GatewayConfig config, Reader reader)
    {
        for (var i = 0; i < runbook.Clusters.Length; i++)
        {
            if (!config.Clusters.Any(c => string.Equals(c.Name, runbook.Clusters[i], StringComparison.Ordinal)))
            {
                reader.ProblemAt(
                    $"{path}/clusters/{i.ToString(CultureInfo.InvariantCulture)}",
                    $"There is no cluster of this name, given {Reader.Quote(runbook.Clusters[i])}. Write one of these: "
                    + $"{string.Join(", ", config.Clusters.Select(static c => c.Name))}.",
                    "clusters");
            }
        }
    }

    private static void Conditions(RunbookConfig runbook, string path, GatewayConfig config, Reader reader)
    {
        ClusterConfig[] clusters = [.. config.Clusters.Where(cluster => runbook.IsFor(cluster.Name))];
        if (runbook.When.Signal is { } signal
            && !clusters.Any(c => c.Signals.Any(s => string.Equals(s.Name, signal, StringComparison.Ordinal))))
        {
            reader.ProblemAt(
                $"{path}/when/signal",
                $"No cluster of the runbook has a signal of this name, given {Reader.Quote(signal)}. Write the name of one under "
                + "\"signals\" of a cluster.",
                "clusters");
        }

        if (runbook.When.Kind == RunbookTriggerKind.ForecastLikely
            && clusters.Length > 0
            && clusters.All(static c => c.Forecast == ForecastMode.Off))
        {
            reader.ProblemAt(
                $"{path}/when/forecast",
                "No cluster of the runbook forecasts, given \"forecast: off\" in each. Write \"forecast: observe\" in one.",
                "clusters");
        }
    }

    private static void Steps(RunbookConfig runbook, string path, GatewayConfig config, Reader reader)
    {
        for (var i = 0; i < runbook.Do.Length; i++)
        {
            var at = $"{path}/do/{i.ToString(CultureInfo.InvariantCulture)}";
            if (runbook.Do[i] is ExecStep { Command: [var program, ..] })
            {
                ProgramChecks.Run(program, $"{at}/exec", reader);
            }
            else if (runbook.Do[i] is HttpStep http && WithoutUrl(runbook, http, config) is { } destination)
            {
                reader.ProblemAt(
                    $"{at}/http",
                    $"With the names of destination {Reader.Quote(destination)} in it this is not a URL. Write {{host}} and {{port}} for "
                    + "its address.",
                    "clusters");
            }
        }

        if (runbook.Mode == RunbookMode.Act && !config.Notify.Any(static n => n.Events.Contains(NotifyEvent.Runbook)))
        {
            reader.WarningAt(
                $"{path}/mode",
                "Nothing is told of a run that fails, but in journal and log. Write \"runbook\" among the events of a receiver under "
                + "\"notify\".");
        }
    }

    // Of addresses that a name will have nothing is known yet.
    private static string? WithoutUrl(RunbookConfig runbook, HttpStep step, GatewayConfig config)
    {
        foreach (var cluster in config.Clusters.Where(cluster => runbook.IsFor(cluster.Name)))
        {
            foreach (var tier in cluster.Tiers)
            {
                foreach (var one in tier.Destinations.Where(static one => one is { Resolve: false, IsService: false }))
                {
                    if (RunbookNames.FillUrl(step.Url, name => ValueOf(name, runbook, cluster, tier, one)) is null)
                    {
                        return one.Name;
                    }
                }
            }
        }

        return null;
    }

    private static string ValueOf(
        string name, RunbookConfig runbook, ClusterConfig cluster, TierConfig tier, DestinationConfig destination) => name switch
        {
            "runbook" => runbook.Name,
            "cluster" => cluster.Name,
            "tier" => tier.Name,
            "destination" => destination.Name,
            "host" => RunbookNames.HostOf(destination.Url),
            _ => destination.Url.Port.ToString(CultureInfo.InvariantCulture),
        };
}
