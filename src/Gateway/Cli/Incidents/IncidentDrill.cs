using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Health.Model;
using Gateway.Observability.History;

namespace Gateway.Cli.Incidents;

/// <summary>
/// A drill file (docs/drills.md) of an incident's shape: the same destinations are lost and come back in the same order, for the same
/// reasons, with long waits shortened. Pure.
/// </summary>
internal static class IncidentDrill
{
    private const int MostGuides = 8;
    private const double LowestRate = 20;
    private const double HighestRate = 300;

    private static readonly TimeSpan Begin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ShortestFault = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LostTogether = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LastStep = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(10);

    /// <summary>The file; null: no destination was lost, so that there is nothing to reproduce.</summary>
    public static string? Of(Incident incident)
    {
        var guides = GuidesOf(incident);
        var steps = StepsOf(incident, guides);
        if (steps.Count == 0)
        {
            return null;
        }

        var text = new StringBuilder();
        var users = incident.Users.Length > 0 ? " Users: " + incident.Users : "";
        text.Append(CultureInfo.InvariantCulture, $"about: {Quoted($"The shape of the incident {incident.Name}.{users}")}\n")
            .Append("groups: [incidents]\n")
            .Append(CultureInfo.InvariantCulture, $"environment: {{ primaries: {Count(guides, 'p')}, standbys: {Count(guides, 's')} }}\n")
            .Append(CultureInfo.InvariantCulture, $"load: {{ rate: {RateOf(incident)}, for: {Seconds(steps[^1].At + After)} }}\n")
            .Append("timeline:\n");
        foreach (var (at, isBegin, fault, on) in steps)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - {{ at: {Seconds(at)}, {(isBegin ? fault.Begins(on) : fault.Ends(on))} }}\n");
        }

        return text.Append("expect:\n  failed: 0\n  p99: 1s\n").ToString();
    }

    // The drill's names: p1, p2 … for the first tier, s1, s2 … for the later ones together.
    private static Dictionary<(string Tier, string Destination), string> GuidesOf(Incident incident)
    {
        var guides = new Dictionary<(string, string), string>();
        var counts = new Dictionary<char, int>();
        foreach (var (tier, index) in incident.Tiers.Select(static (tier, index) => (tier, index)))
        {
            foreach (var destination in tier.Destinations)
            {
                var letter = index == 0 ? 'p' : 's';
                var number = counts[letter] = counts.GetValueOrDefault(letter) + 1;
                if (number <= MostGuides)
                {
                    guides[(tier.Name, destination)] = string.Create(CultureInfo.InvariantCulture, $"{letter}{number}");
                }
            }
        }

        return guides;
    }

    private static List<Step> StepsOf(Incident incident, Dictionary<(string Tier, string Destination), string> guides)
    {
        // 1. What began and ended when, by the clock of the incident.
        var raw = new List<(DateTimeOffset At, bool IsBegin, DrillFault Fault, string Guide)>();
        var current = new SortedDictionary<string, DrillFault>(StringComparer.Ordinal);
        var last = incident.At;
        foreach (var loss in incident.Losses)
        {
            if (!guides.TryGetValue((loss.Tier, loss.Destination), out var guide))
            {
                continue;
            }

            last = loss.At;
            var fault = loss.Cause is { } cause ? DrillFault.Of(cause) : null;
            if (current.TryGetValue(guide, out var before))
            {
                if (before == fault)
                {
                    continue;
                }

                raw.Add((loss.At, false, before, guide));
                current.Remove(guide);
            }

            if (fault is not null)
            {
                raw.Add((loss.At, true, fault, guide));
                current[guide] = fault;
            }
        }

        // What had not come back by the end does then; where that is not known, all of it has been lost together for a while.
        var end = incident.Until is { } until && until > last ? until : last + LostTogether;
        raw.AddRange(current.Select(left => (end, false, left.Value, left.Key)));
        return Shortened(raw);
    }

    // 2. By the clock of the drill: long waits are shortened, faults last long enough to be noticed, and what happens together is one step.
    private static List<Step> Shortened(List<(DateTimeOffset At, bool IsBegin, DrillFault Fault, string Guide)> raw)
    {
        var (steps, began) = (new List<Step>(), new Dictionary<string, TimeSpan>(StringComparer.Ordinal));
        var at = Begin;
        for (var index = 0; index < raw.Count; index++)
        {
            var (time, isBegin, fault, guide) = raw[index];
            if (index > 0)
            {
                var wait = time - raw[index - 1].At;
                at += wait > LongestWait ? LongestWait : wait;
            }

            if (isBegin)
            {
                if (at > LastStep)
                {
                    continue;
                }

                began[guide] = at;
            }
            else if (!began.Remove(guide, out var since))
            {
                continue;
            }
            else if (at < since + ShortestFault)
            {
                at = since + ShortestFault;
            }

            if (steps.Count > 0 && steps[^1].IsBegin == isBegin && steps[^1].Fault == fault && at - steps[^1].At <= Together)
            {
                steps[^1] = steps[^1] with { On = [.. steps[^1].On, guide] };
            }
            else
            {
                steps.Add(new Step(at, isBegin, fault, [guide]));
            }
        }

        return steps;
    }

    private static int Count(Dictionary<(string Tier, string Destination), string> guides, char letter) =>
        Math.Max(1, guides.Values.Count(guide => guide[0] == letter));

    private static string RateOf(Incident incident)
    {
        var requests = incident.Routes.Sum(static route => route.Live + route.Degraded + route.Failed);
        var span = (incident.Until ?? incident.Losses.LastOrDefault()?.At ?? incident.At) - incident.At;
        var rate = requests / Math.Max(1, span.TotalSeconds);
        return Math.Round(Math.Clamp(rate, LowestRate, HighestRate)).ToString(CultureInfo.InvariantCulture);
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#}s");

    // A text of JSON is one of YAML, too.
    private static string Quoted(string text) => JsonSerializer.Serialize(text, Admin.Endpoints.AdminJson.Options);

    private sealed record Step(TimeSpan At, bool IsBegin, DrillFault Fault, string[] On);
}

/// <summary>What a drill does to a guide that fails for a reason.</summary>
/// <param name="Verb">The step that begins it: <c>kill</c>, <c>freeze</c> or <c>fault</c>.</param>
/// <param name="Mode">The mode of a <c>fault</c>; empty: it is none.</param>
/// <param name="Health">What the guide's health path says during a <c>fault</c>.</param>
internal sealed record DrillFault(string Verb, string Mode = "", string Health = "same")
{
    private static readonly DrillFault Kill = new("kill");
    private static readonly DrillFault Freeze = new("freeze");

    /// <summary>For a cause as <see cref="IncidentLoss.Cause"/> says it.</summary>
    public static DrillFault Of(string cause)
    {
        // Whoever passes its probes and fails its requests has a health path that says nothing of them.
        var health = cause.EndsWith(EvidenceText.OnRequests, StringComparison.Ordinal) ? "good" : "same";
        bool Is(FailureCause known) => cause.StartsWith(FailureCauses.WordsOf(known), StringComparison.Ordinal);
        return cause switch
        {
            _ when Is(FailureCause.Timeout) => Freeze,
            _ when cause.StartsWith("status 503", StringComparison.Ordinal) => new("fault", "503", health),
            _ when cause.StartsWith("status ", StringComparison.Ordinal) => new("fault", "500", health),
            _ when Is(FailureCause.Reset) => new("fault", "reset", health),
            _ when Is(FailureCause.Truncated) => new("fault", "cut", health),
            _ when Is(FailureCause.InvalidResponse) => new("fault", "garbage", health),
            _ when Is(FailureCause.Late) => new("fault", "slow", health),
            _ when Is(FailureCause.UnexpectedBody) || Is(FailureCause.UnexpectedJson) || Is(FailureCause.NotServing)
                || Is(FailureCause.NoHealthService) => new("fault", "503", "bad"),
            _ => Kill,
        };
    }

    /// <summary>The step that begins it.</summary>
    public string Begins(IEnumerable<string> on) => Mode.Length == 0
        ? $"{Verb}: {List(on)}"
        : $"fault: {{ on: {List(on)}, mode: \"{Mode}\"{(Health is "same" ? "" : $", health: {Health}")} }}";

    /// <summary>The step that ends it.</summary>
    public string Ends(IEnumerable<string> on) => $"{(Verb switch { "kill" => "start", "freeze" => "thaw", _ => "clear" })}: {List(on)}";

    private static string List(IEnumerable<string> on) => $"[{string.Join(", ", on)}]";
}
