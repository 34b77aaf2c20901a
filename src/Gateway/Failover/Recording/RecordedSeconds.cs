using Gateway.Health.Forecast;

namespace Gateway.Failover.Recording;

/// <summary>What forecasts were made of, out of a recording.</summary>
internal static class RecordedSeconds
{
    /// <summary>True: the file is a recording of decisions; false: of seconds alone, or something else.</summary>
    public static bool IsRecording(string path)
    {
        using var text = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        const string Begin = "{\"checkpoint\":";
        var read = new char[Begin.Length];
        return text.ReadBlock(read) == read.Length && Begin.AsSpan().SequenceEqual(read);
    }

    /// <summary>The seconds of a file.</summary>
    /// <exception cref="RecordingException">A line is none of a recording.</exception>
    public static IEnumerable<RecordedSecond> Of(string file)
    {
        var time = new ReplayTime();
        var destinations = new Dictionary<int, RecordedDestination>();
        var limits = new Dictionary<int, ForecastLimits>();
        var number = 0;
        foreach (var line in RecordingFiles.Read(file))
        {
            number++;
            if (line.Checkpoint is { } checkpoint)
            {
                time.Set(new TimeSpan(checkpoint.At), checkpoint.Utc);
                limits.Clear();
                destinations.Clear();
                foreach (var known in checkpoint.Clusters.SelectMany(static cluster => cluster.Destinations))
                {
                    destinations[known.Destination.Id] = known.Destination;
                }
            }

            time.Advance(new TimeSpan(line.After));
            if (line.Destination is { } destination)
            {
                destinations[destination.Id] = destination;
            }
            else if (line.Sample is { } sample && destinations.TryGetValue(sample.Id, out var of))
            {
                if (sample.Limits is { } changed)
                {
                    limits[sample.Id] = changed;
                }

                var second = new RecordedSecond(
                    of.Cluster,
                    of.Name,
                    time.Now,
                    time.GetUtcNow(),
                    sample.Sample with { Series = sample.Sample.Series ?? [] },
                    limits.GetValueOrDefault(sample.Id),
                    sample.Serves,
                    sample.IsExcused);
                yield return second.Problem() is { } problem ? throw new RecordingException(number, problem) : second;
            }
        }
    }
}
