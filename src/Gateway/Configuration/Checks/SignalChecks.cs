using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Checks;

/// <summary>Signals of one cluster that do not fit together, or name what is not there.</summary>
internal static class SignalChecks
{
    /// <summary>Notes every problem and warning.</summary>
    public static void Run(ClusterConfig cluster, string path, Reader reader)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        DestinationConfig[] destinations = [.. cluster.Tiers.SelectMany(static tier => tier.Destinations)];
        for (var i = 0; i < cluster.Signals.Length; i++)
        {
            var signal = cluster.Signals[i];
            var at = $"{path}/signals/{i.ToString(CultureInfo.InvariantCulture)}";
            if (!names.Add(signal.Name))
            {
                reader.ProblemAt(
                    $"{at}/name", $"Two signals of a cluster have the same name, given {Reader.Quote(signal.Name)}. Write another name.");
            }

            if (signal.Report == SignalReport.Agent && signal.Port is null)
            {
                reader.ProblemAt($"{at}/report", "An agent is asked on a port of its own. Write port: beside it.");
            }

            if (signal.Report == SignalReport.Orca && (signal.Port is not null || reader.IsWritten($"{at}/every")))
            {
                reader.ProblemAt(
                    $"{at}/report",
                    "Reports of load come with responses: nothing is asked. Remove port and every, or write report: agent.");
            }

            if (signal.Log is { } log && Path.GetDirectoryName(log) is { } folder && folder.AsSpan().ContainsAny('*', '?'))
            {
                reader.ProblemAt(
                    $"{at}/log",
                    $"Only the file's name may have * and ?, given {Reader.Quote(log)}. Write the folder out, or {{destination}} in it.");
            }

            if (signal.Log?.Replace("{destination}", "", StringComparison.Ordinal).AsSpan().ContainsAny('{', '}') == true)
            {
                reader.ProblemAt($"{at}/log", $"Only {{destination}} can stand in braces, given {Reader.Quote(signal.Log)}. Write that.");
            }

            if (signal.Destination is { } named
                && !destinations.Any(d => d.Resolve || string.Equals(d.Name, named, StringComparison.Ordinal)))
            {
                reader.ProblemAt(
                    $"{at}/destination",
                    $"The cluster has no destination of this name, given {Reader.Quote(named)}. "
                    + $"Write one of these: {string.Join(", ", destinations.Select(static d => d.Name).OfType<string>())}.",
                    $"{path}/tiers");
            }
        }
    }
}
