namespace Gateway.Health.Forecast;

/// <summary>
/// Reads a recording line by line, so that a file of any size needs the memory of one line, and refuses what no gateway wrote. A name in
/// it may come from anywhere, and is printed to a terminal.
/// </summary>
internal static class RecordingReader
{
    private const int MostShown = 80;

    /// <summary>The recorded seconds, in the file's order.</summary>
    /// <exception cref="RecordingException">A line is no recorded second, or there is none.</exception>
    public static IEnumerable<RecordedSecond> Read(TextReader text)
    {
        var times = new Dictionary<(string Cluster, string Destination), TimeSpan>();
        var any = false;
        for (var number = 1; BoundedLines.Read(text, number) is { } line; number++)
        {
            if (line.Length == 0)
            {
                continue;
            }

            if (RecordedSecond.Parse(line) is not { } second)
            {
                var why = text.Peek() < 0 ? "is not complete or not JSON of one" : "is not JSON of one";
                throw new RecordingException(number, $"it {why}");
            }

            var key = (second.Cluster, second.Destination);
            if (second.Problem() is { } problem)
            {
                throw new RecordingException(number, problem);
            }

            if (times.TryGetValue(key, out var before) && second.At <= before)
            {
                throw new RecordingException(
                    number,
                    $"its \"at\" {second.At} is not after {before}, the one before of \"{Shown(second.Destination)}\";"
                    + " recordings of two runs are replayed each by itself");
            }

            times[key] = second.At;
            any = true;
            yield return second;
        }

        if (!any)
        {
            throw new RecordingException(1, "the file is empty");
        }
    }

    /// <summary>A name for a message.</summary>
    public static string Shown(string name) => name.Length > MostShown ? name[..MostShown] + "…" : name;
}
