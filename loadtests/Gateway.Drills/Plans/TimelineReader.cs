using Gateway.Drills.Faults;
using YamlDotNet.RepresentationModel;

namespace Gateway.Drills.Plans;

/// <summary>Reads the timeline: each entry has <c>at</c> and one step.</summary>
internal sealed class TimelineReader(PlanReader reader, EnvironmentPlan environment)
{
    private static readonly string[] Verbs =
        ["kill", "start", "freeze", "thaw", "fault", "clear", "relay", "heal", "config", "brokenConfig", "mendConfig", "reloads",
        "rolling", "gateway", "burst", "flap", "chaos", "run"];

    private static readonly string[] Modes = ["500", "503", "429", "slow", "late", "hang", "reset", "cut", "drip", "garbage"];
    private static readonly string[] Ways = ["pass", "delay", "drip", "stall", "swallow", "reset", "cut"];
    private static readonly string[] Doors = ["open", "refuse", "reset", "silent"];

    private readonly ProcessNames _names = new(reader, environment);

    /// <summary>Configuration changes: path to value, in YAML.</summary>
    public static IReadOnlyList<(string Path, string? Yaml)> Changes(PlanReader reader, YamlNode node)
    {
        if (node is not YamlMappingNode map)
        {
            reader.Problem(node, "Changes of the configuration are a mapping, like 'clusters.ai-guide.attempts.hedge: off'.");
            return [];
        }

        return [.. map.Children.Select(pair => (((YamlScalarNode)pair.Key).Value ?? string.Empty, ToYaml(pair.Value)))];
    }

    /// <summary>Reads all entries; the load lasts <paramref name="load"/>.</summary>
    public IReadOnlyList<ScheduledStep> Read(YamlNode? node, TimeSpan load)
    {
        if (node is null)
        {
            return [];
        }

        if (node is not YamlSequenceNode list)
        {
            reader.Problem(node, "'timeline' is not a list. Write entries like '- { at: 3s, kill: [p1] }'.");
            return [];
        }

        var steps = new List<ScheduledStep>();
        foreach (var entry in list.Children)
        {
            if (reader.Map(entry, "timeline", ["at", .. Verbs]) is not { } map)
            {
                continue;
            }

            map.Require("at", "3s");
            if (Step(map) is not { } step || map.Duration("at") is not { } at)
            {
                continue;
            }

            if (at + step.Lasts >= load)
            {
                reader.Problem(
                    entry,
                    $"'{step.Label}' ends at {(at + step.Lasts).TotalSeconds} s, but the load ends at {load.TotalSeconds} s: nothing after "
                        + $"it would be measured. Make 'load.for' longer.");
            }

            if (environment.Url is not null && (step.NeedsOwnGuides || step.IsAboutTheGateway))
            {
                reader.Problem(
                    entry,
                    $"'{step.Label}' needs guides and a gateway that the drill starts itself. With 'environment.gateway', break and mend "
                        + $"things with 'run'.");
            }

            steps.Add(new(at, step));
        }

        return [.. steps.OrderBy(step => step.At)];
    }

    private Step? Step(PlanMap map)
    {
        var verbs = Verbs.Where(verb => map.At(verb) is not null).ToList();
        if (verbs.Count != 1)
        {
            reader.Problem(
                map.Node,
                $"An entry does one thing, and this one does {(verbs.Count == 0 ? "none" : string.Join(" and ", verbs))}. Write one of: "
                    + $"{string.Join(", ", Verbs)}.");
            return null;
        }

        var (verb, node) = (verbs[0], map.At(verbs[0])!);
        return verb switch
        {
            "kill" => _names.OfProcesses(node, verb) is var on ? Begin($"kill {List(on)}", new KillFault(on)) : null,
            "start" => _names.OfProcesses(node, verb) is var on ? End($"start {List(on)}", new KillFault(on)) : null,
            "freeze" => _names.OfProcesses(node, verb) is var on ? Begin($"freeze {List(on)}", new FreezeFault(on)) : null,
            "thaw" => _names.OfProcesses(node, verb) is var on ? End($"thaw {List(on)}", new FreezeFault(on)) : null,
            "fault" => Broken("fault", node),
            "clear" => _names.OfGuides(node, verb) is var on ? End($"clear {List(on)}", new HttpFault(new() { Mode = "none" }, on)) : null,
            "relay" => Broken("relay", node),
            "heal" => _names.OfGuides(node, verb) is var on
                ? End($"heal {List(on)}", new RelayFault(RelayBehaviour.Pass, RelayBehaviour.Pass, RelayDoor.Open, on))
                : null,
            "config" => new ConfigDeed(Changes(reader, node)),
            "brokenConfig" => Broken("brokenConfig", node),
            "mendConfig" => End("mend the configuration", new ConfigFault(string.Empty)),
            "reloads" => reader.Map(node, verb, "count", "every") is { } reloads
                ? new ReloadsDeed((int)(reloads.Number("count", 1_000) ?? 100), reloads.Duration("every") ?? TimeSpan.FromMilliseconds(200))
                    : null,
            "rolling" => reader.Map(node, verb, "on", "pause") is { } rolling
                ? new RollingDeed(_names.OfGuides(rolling.At("on") ?? node, verb), rolling.Duration("pause") ?? TimeSpan.FromSeconds(3))
                : null,
            "gateway" => reader.Word(node, verb, "restart", "kill") is { } how ? new GatewayRestartDeed(how is "kill") : null,
            "burst" => reader.Map(node, verb, "kind", "rate", "for", "vanishing") is { } burst
                ? new BurstDeed(burst.Word("kind", Kinds.Names)
                    ?? "recommend", burst.Number("rate", 10_000)
                        ?? 100, burst.Duration("for") ?? TimeSpan.FromSeconds(3), burst.Share("vanishing") ?? 0) : null,
            "flap" => Flap(node),
            "chaos" => Chaos(node),
            _ => Run(node),
        };
    }

    /// <summary>A fault that can be repaired again: what chaos and flapping draw from.</summary>
    private FaultStep? Broken(string verb, YamlNode node) => verb switch
    {
        "kill" => _names.OfProcesses(node, verb) is var on ? Begin($"kill {List(on)}", new KillFault(on)) : null,
        "freeze" => _names.OfProcesses(node, verb) is var on ? Begin($"freeze {List(on)}", new FreezeFault(on)) : null,
        "brokenConfig" => reader.Text(node, verb) is { } text ? Begin("broken configuration", new ConfigFault(text)) : null,
        "relay" => Relay(node),
        _ => Http(node),
    };

    private FaultStep? Http(YamlNode node)
    {
        if (reader.Map(node, "fault", "on", "mode", "delay", "share", "retryAfter", "health", "when", "after", "end") is not { } map)
        {
            return null;
        }

        map.Require("mode", "\"500\"");
        var on = _names.OfGuides(map.At("on") ?? node, "fault.on");
        var mode = map.Word("mode", Modes) ?? "500";
        return Begin($"{mode} at {List(on)}{(map.Text("health") is "good" ? ", health good" : string.Empty)}", new HttpFault(
            new()
            {
                Mode = mode,
                Delay = map.Duration("delay"),
                Share = map.Share("share") ?? 1,
                RetryAfter = (int?)map.Number("retryAfter", 86_400),
                Health = map.Word("health", "same", "good", "bad") ?? "same",
                When = map.Word("when", "accept", "request", "headers", "body"),
                After = (long?)map.Number("after", int.MaxValue),
                End = map.Word("end", "reset", "close"),
            },
            on));
    }

    private FaultStep? Relay(YamlNode node)
    {
        if (reader.Map(node, "relay", "on", "toServer", "toClient", "door", "wait", "after") is not { } map)
        {
            return null;
        }

        if (!environment.Bed.Relays)
        {
            reader.Problem(node, "'relay' needs relays before the guides. Write 'relays: true' below 'environment'.");
        }

        var on = _names.OfGuides(map.At("on") ?? node, "relay.on");
        RelayBehaviour Way(string key) => map.Word(key, Ways) is { } way
            ? new(Enum.Parse<RelayMode>(way, ignoreCase: true), map.Duration("wait")
                ?? TimeSpan.FromMilliseconds(100), (int)(map.Number("after", int.MaxValue) ?? 0))
            : RelayBehaviour.Pass;
        var door = Enum.Parse<RelayDoor>(map.Word("door", Doors) ?? "open", ignoreCase: true);
        var words = string.Join(", ", new[] { map.Text("toServer") is { } up
            ? $"{up} to it"
            : null, map.Text("toClient") is { } down
                ? $"{down} from it"
                : null, map.Text("door") is { } at ? $"door {at}" : null }.OfType<string>());
        return Begin($"network of {List(on)}: {words}", new RelayFault(Way("toServer"), Way("toClient"), door, on));
    }

    private FlapDeed? Flap(YamlNode node)
    {
        if (reader.Map(node, "flap", "kill", "freeze", "fault", "relay", "down", "up", "for") is not { } map
            || OneOf(map, "kill", "freeze", "fault", "relay") is not { } fault)
        {
            return null;
        }

        var (down, up) = (map.Duration("down") ?? TimeSpan.FromSeconds(2), map.Duration("up") ?? TimeSpan.FromSeconds(2));
        return new(
            $"flapping: {fault.Label}, {down.TotalSeconds} s down, {up.TotalSeconds} s up",
            fault.Fault,
            down,
            up,
            map.Duration("for") ?? TimeSpan.FromSeconds(20));
    }

    private ChaosStep? Chaos(YamlNode node)
    {
        if (reader.Map(node, "chaos", "seed", "every", "lasts", "for", "faults") is not { } map)
        {
            return null;
        }

        var faults = new List<(Step, Step)>();
        foreach (var item in map.At("faults") is YamlSequenceNode list ? list.Children : [])
        {
            if (reader.Map(item, "chaos.faults", "kill", "freeze", "fault", "relay", "brokenConfig", "run", "undo") is not { } entry)
            {
                continue;
            }

            if (entry.Text("run") is { } run)
            {
                entry.Require("undo", "systemctl start guide");
                faults.Add((new RunDeed(run, Effect.Breaks), new RunDeed(entry.Text("undo") ?? "true", Effect.Recovers)));
            }
            else if (OneOf(entry, "kill", "freeze", "fault", "relay", "brokenConfig") is { } fault)
            {
                faults.Add((fault, new FaultStep($"mend {fault.Label}", fault.Fault, recovers: true)));
            }
        }

        var (every, lasts) = (map.Duration("every") ?? TimeSpan.FromSeconds(15), map.Duration("lasts") ?? TimeSpan.FromSeconds(5));
        if (faults.Count == 0 || lasts >= every)
        {
            reader.Problem(node, "'chaos' needs a list 'faults', and 'lasts' shorter than 'every'.");
            return null;
        }

        return new((int)(map.Number("seed", int.MaxValue) ?? Random.Shared.Next(1, 1_000_000)), every, lasts, map.Duration("for")
            ?? TimeSpan.FromMinutes(10), faults);
    }

    private RunDeed? Run(YamlNode node)
    {
        if (node is YamlScalarNode { Value: { Length: > 0 } command })
        {
            return new(command, Effect.None);
        }

        if (reader.Map(node, "run", "command", "is") is not { } map)
        {
            return null;
        }

        map.Require("command", "systemctl stop guide");
        return new(map.Text("command") ?? "true", map.Word("is", "breaks", "mends") switch
        {
            "breaks" => Effect.Breaks,
            "mends" => Effect.Recovers,
            _ => Effect.None,
        });
    }

    private FaultStep? OneOf(PlanMap map, params string[] verbs)
    {
        var found = verbs.Where(verb => map.At(verb) is not null).ToList();
        if (found.Count == 1)
        {
            return Broken(found[0], map.At(found[0])!);
        }

        reader.Problem(map.Node, $"Exactly one of these is needed here: {string.Join(", ", verbs)}.");
        return null;
    }

    private static FaultStep Begin(string label, Fault fault) => new(label, fault, recovers: false);

    private static FaultStep End(string label, Fault fault) => new(label, fault, recovers: true);

    private static string List(IEnumerable<string> names) => string.Join(", ", names);

    /// <summary>A value of the file as the YAML text that the configuration takes; an empty value removes the key.</summary>
    private static string? ToYaml(YamlNode node)
    {
        if (node is YamlScalarNode { Value: null or "" })
        {
            return null;
        }

        var writer = new StringWriter();
        new YamlStream(new YamlDocument(node)).Save(writer, assignAnchors: false);
        return writer.ToString().Replace("\n...", string.Empty, StringComparison.Ordinal).Trim();
    }
}
