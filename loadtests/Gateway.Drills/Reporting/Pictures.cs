using System.Globalization;
using Gateway.Drills.Figures;
using Gateway.Drills.Load;
using Gateway.Drills.Running;

namespace Gateway.Drills.Reporting;

/// <summary>The pictures of one run.</summary>
internal static class Pictures
{
    /// <summary>What can serve, from the best to the worst: the order of the stack, and of the legend.</summary>
    public static IReadOnlyList<(string Source, string Label)> Servers { get; } =
        [("primary", "primary"), ("live", "live"), ("standby", "standby"), ("lastGood", "last-good response"), ("file", "prepared file"),
        ("builtIn", "built-in 503"), ("failed", "failed")];

    /// <summary>Requests per second, stacked by server.</summary>
    public static string Served(Measured measured)
    {
        var (cells, each) = Cells(measured);
        var counts =
            cells.Select(cell => cell.CountBy(entry => measured.ServedBy(entry), StringComparer.Ordinal).ToDictionary(
                pair => pair.Key,
                pair => pair.Value,
                StringComparer.Ordinal)).ToList();
        var most = RoundUp(Math.Max(1, counts.Max(cell => cell.Values.Sum())) / each) * each;
        var svg = new Svg("Requests per second by server", measured.Plan.Load.For.TotalSeconds);
        svg.Scale(new[]
        {
            0,
            0.25,
            0.5,
            0.75,
            1
        }.Select(share => (share, (share * most / each).ToString("0", CultureInfo.InvariantCulture) + "/s")));
        foreach (var (i, cell) in counts.Index())
        {
            var below = 0.0;
            foreach (var (server, label) in Servers)
            {
                if (cell.TryGetValue(server, out var count))
                {
                    var (from, to) = (svg.Y(below / most), svg.Y((below + count) / most));
                    svg.Box(
                        svg.X(i * each),
                        to,
                        svg.X((i + 1) * each) - svg.X(i * each),
                        from - to,
                        $"by-{server}",
                        $"{i * each:0.#} s: {count} {label}");
                    below += count;
                }
            }
        }

        return svg.Marks(Marks(measured)).End();
    }

    /// <summary>p50, p99 and the longest wait over time, on a scale by powers of ten.</summary>
    public static string Latency(Measured measured)
    {
        var (cells, each) = Cells(measured);
        var svg = new Svg("Latency over time", measured.Plan.Load.For.TotalSeconds);
        var percentiles =
            cells.Select(cell =>
                Percentiles.Of(cell.Where(entry => entry.Outcome != Outcome.Vanished).Select(entry => entry.Latency))).ToList();
        double[] decades = [0.1, 1, 10, 100, 1_000, 10_000];
        static double Share(double milliseconds) => (Math.Log10(Math.Max(0.1, milliseconds)) + 1) / 5.2;
        svg.Scale(decades.Select(decade =>
            (Share(decade), decade >= 1_000 ? $"{decade / 1_000} s" : $"{decade.ToString(CultureInfo.InvariantCulture)} ms")));
        foreach (var (percent, style) in new[] { (100.0, "max"), (99.0, "p99"), (50.0, "p50") })
        {
            var points = percentiles.Index()
                .Where(pair => pair.Item.Count > 0)
                .Select(pair => (svg.X((pair.Index + 0.5) * each), svg.Y(Share(pair.Item.At(percent).TotalMilliseconds))))
                .ToList();
            if (points.Count > 0)
            {
                svg.Path(points, $"line {style}");
            }
        }

        return svg.Marks(Marks(measured)).End();
    }

    /// <summary>The tiers' shares of what the gateway sends, as it says itself.</summary>
    public static string Shares(Measured measured)
    {
        var svg = new Svg("Tier shares", measured.Plan.Load.For.TotalSeconds, 110);
        svg.Scale(new[] { 0, 0.5, 1 }.Select(share => (share, $"{share * 100:0} %")));
        var labels = new List<double>();
        foreach (var (i, tier) in measured.Readings.SelectMany(reading => reading.Shares.Keys).Distinct(StringComparer.Ordinal).Index())
        {
            var points = new List<(double X, double Y)>();
            foreach (var reading in measured.Readings)
            {
                var (x, y) = (svg.X(measured.Clock(reading.At).TotalSeconds), svg.Y(reading.Shares.GetValueOrDefault(tier)));
                if (points.Count > 0)
                {
                    points.Add((x, points[^1].Y));
                }

                points.Add((x, y));
            }

            // Its name stands where its share is largest: there it is alone.
            var peak = points.MinBy(point => point.Y);
            svg.Path(points, $"line tier{i % 4}").Text(Math.Min(peak.X + 6, Svg.Left + Svg.Width - 60), peak.Y
                + (peak.Y > svg.Bottom - 20 ? -6 : 14)
                + (labels.Contains(peak.X) ? 13 : 0), tier, "start", "number");
            labels.Add(peak.X);
        }

        return svg.Marks(Marks(measured)).End();
    }

    /// <summary>Each destination's state, a strip each.</summary>
    public static string States(Measured measured)
    {
        const double row = 22;
        var destinations = measured.Readings
            .SelectMany(reading => reading.Up.Keys)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToList();
        var end = measured.Plan.Load.For.TotalSeconds;
        var svg = new Svg("States of the destinations", end, row * destinations.Count);
        foreach (var (i, destination) in destinations.Index())
        {
            var y = svg.Bottom - (row * (destinations.Count - i));
            var changes = new List<(double At, bool? Up)>();
            foreach (var reading in measured.Readings)
            {
                var up = reading.Up.TryGetValue(destination, out var known) ? known : default(bool?);
                if (changes.Count == 0 || changes[^1].Up != up)
                {
                    changes.Add((measured.Clock(reading.At).TotalSeconds, up));
                }
            }

            foreach (var (n, (at, up)) in changes.Index())
            {
                var until = n + 1 < changes.Count ? changes[n + 1].At : end;
                svg.Box(svg.X(at), y
                    + 2, svg.X(until) - svg.X(at), row - 4, up is true ? "up" : "down",
                    $"{destination}: {(up is true ? "up" : "down")} from {at:0.0} s to {until:0.0} s");
                if (svg.X(until) - svg.X(at) > 44)
                {
                    svg.Text(svg.X(at) + 5, y + 15, up is true ? "up" : "down", "start", "state");
                }
            }

            svg.Text(Svg.Left - 6, y + 15, Shorten(destination), "end");
        }

        return svg.Marks(Marks(measured)).End();
    }

    /// <summary>The responses of several proxies to the same fault, a bar each.</summary>
    public static string Bars(IReadOnlyList<Measured> runs)
    {
        const double row = 26;
        var svg = new Svg("Responses by proxy", 1, row * runs.Count);
        foreach (var (i, run) in runs.Index())
        {
            var y = svg.Bottom - (row * (runs.Count - i));
            var seen = Judge.Seen(run);
            var total = (double)Math.Max(1, seen.Values.Sum());
            var left = Svg.Left;
            svg.Text(Svg.Left - 6, y + 17, run.Subject, "end");
            foreach (var (server, label) in Servers)
            {
                var width = seen.GetValueOrDefault(server) / total * (Svg.Width - 240);

                // A single failed request in thousands must not vanish in the width of a hair.
                width = width > 0 ? Math.Max(2, width) : 0;
                svg.Box(left, y + 3, width, row - 6, $"by-{server}", $"{run.Subject}: {seen.GetValueOrDefault(server)} {label}");
                left += width;
            }

            svg.Text(left + 8, y + 17, $"{run.Failed} failed, {run.Static} static, p99 {Verdict.Text(run.During.P99)}", "start", "number");
        }

        return svg.End().Replace(">0 s<", "><", StringComparison.Ordinal).Replace(">1 s<", "><", StringComparison.Ordinal);
    }

    /// <summary>The next number that a quarter of is easy to read.</summary>
    private static double RoundUp(double number)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(number)));
        return new[] { 1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10 }.First(step => step * power >= number) * power;
    }

    /// <summary>The happenings with their numbers, as seconds.</summary>
    public static IReadOnlyList<(double At, string Number)> Marks(Measured measured) =>
        [
        .. measured.Happenings.Index().Select(pair => (measured.Clock(pair.Item.At).TotalSeconds, (pair.Index
            + 1).ToString(CultureInfo.InvariantCulture)))];

    /// <summary>The requests by when they were due, in about a hundred cells of time.</summary>
    private static (IReadOnlyList<List<LedgerEntry>> Cells, double Each) Cells(Measured measured)
    {
        var seconds = measured.Plan.Load.For.TotalSeconds;
        var each = new[] { 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 30 }.First(width => seconds / width <= 70 || width >= 30);
        var cells = Enumerable.Range(0, (int)Math.Ceiling(seconds / each)).Select(_ => new List<LedgerEntry>()).ToList();
        foreach (var entry in measured.Ledger.Entries)
        {
            cells[Math.Min(cells.Count - 1, (int)(measured.Clock(entry.Due).TotalSeconds / each))].Add(entry);
        }

        return (cells, each);
    }

    private static string Shorten(string destination) =>
        destination.Split(' ') is [var tier, var address] ? $"{tier[0]} {address[(address.LastIndexOf(':') + 1)..]}" : destination;
}
