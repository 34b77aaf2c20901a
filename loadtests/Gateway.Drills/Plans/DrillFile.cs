using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gateway.Drills.Plans;

/// <summary>Reads a drill file and judges all of it before anything is started.</summary>
internal static class DrillFile
{
    private static readonly string[] Keys = ["about", "groups", "guards", "without", "misses", "environment", "load", "timeline", "expect"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="PlanException">It has problems: all of them are named.</exception>
    public static DrillPlan Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new PlanException([new(path, 1, 1, "There is no such file.")]);
        }

        return Parse(path, File.ReadAllText(path));
    }

    /// <summary>Reads a file's text.</summary>
    /// <exception cref="PlanException">It has problems.</exception>
    public static DrillPlan Parse(string path, string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException error)
        {
            throw new PlanException([new(path, error.Start.Line, error.Start.Column, $"This is not YAML: {error.Message}")]);
        }

        var reader = new PlanReader(path);
        if (stream.Documents.Count != 1 || reader.Map(stream.Documents[0].RootNode, "drill", Keys) is not { } map)
        {
            throw new PlanException([new(path, 1, 1, $"A drill file is one mapping with the keys {string.Join(", ", Keys)}.")]);
        }

        map.Require("load", "{ rate: 300, for: 13s }");
        map.Require("expect", "{ failed: 0 }");
        var environment = ReadEnvironment(map);
        var load = LoadReader.Read(map);
        var plan = new DrillPlan
        {
            Name = Path.GetFileNameWithoutExtension(path),
            About = map.Text("about") ?? string.Empty,
            Groups = map.Texts("groups"),
            Guards = map.Text("guards") ?? string.Empty,
            Without = map.At("without") is { } without ? TimelineReader.Changes(reader, without) : [],
            Misses = map.Texts("misses"),
            Environment = environment,
            Load = load,
            Timeline = new TimelineReader(reader, environment).Read(map.At("timeline"), load.For),
            Expect = ReadExpect(map),
        };
        JudgeWhole(reader, map, plan);
        return reader.Problems.Count == 0
            ? plan
            : throw new PlanException([.. reader.Problems.OrderBy(problem => problem.Line).ThenBy(problem => problem.Column)]);
    }

    private static EnvironmentPlan ReadEnvironment(PlanMap map)
    {
        if (map.At("environment") is not { } node
            || map.Reader.Map(
                node,
                "environment",
                "primaries",
                "standbys",
                "relays",
                "redis",
                "set",
                "gateway",
                "admin",
                "token",
                "allowTarget") is not { } environment)
        {
            return new();
        }

        var running = environment.Text("gateway");
        foreach (var key in new[] { "primaries", "standbys", "relays", "redis", "set" })
        {
            if (running is not null && environment.At(key) is { } at)
            {
                map.Reader.Problem(
                    at,
                    $"'environment.{key}' is about guides and a gateway that the drill starts, but 'environment.gateway' names one that "
                        + $"runs already. Remove one of them.");
            }
        }

        foreach (var key in new[] { "gateway", "admin" })
        {
            JudgeUrl(environment, key);
        }

        if (running is null
            && new[] { "admin", "token", "allowTarget" }.FirstOrDefault(key => environment.At(key) is not null) is { } lonely)
        {
            map.Reader.Problem(
                environment.At(lonely)!,
                $"'environment.{lonely}' is about a gateway that runs already. Write 'environment.gateway' too, or remove it.");
        }

        return new()
        {
            Bed = new()
            {
                Primaries = (int)(environment.Number("primaries", 8) ?? 2),
                Standbys = (int)(environment.Number("standbys", 8) ?? 2),
                Relays = environment.Flag("relays"),
                Redis = environment.Flag("redis"),
                Config = environment.At("set") is { } set ? TimelineReader.Changes(map.Reader, set) : [],
            },
            Url = running?.TrimEnd('/'),
            AdminUrl = environment.Text("admin")?.TrimEnd('/'),
            Token = environment.Text("token"),
            AllowTarget = environment.Flag("allowTarget"),
        };
    }

    /// <summary>Load goes without TLS, and only to this machine: a slip of a URL must not become an attack.</summary>
    private static void JudgeUrl(PlanMap environment, string key)
    {
        if (environment.Text(key) is not { } url)
        {
            return;
        }

        var (reader, at) = (environment.Reader, environment.At(key)!);
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            reader.Problem(at, $"'environment.{key}' is '{url}', which is no URL. Write it like http://127.0.0.1:8080.");
        }
        else if (key is "gateway" && uri.Scheme is "https")
        {
            reader.Problem(
                at,
                $"'environment.gateway' is '{url}', and load is sent without TLS only. Name a plain http:// port of the gateway.");
        }
        else if (key is "gateway" && !uri.IsLoopback && !environment.Flag("allowTarget"))
        {
            reader.Problem(
                at,
                $"'environment.gateway' is '{url}', which is not this machine. If load may be sent there, write 'allowTarget: true' beside "
                    + $"it.");
        }
    }

    private static ExpectPlan ReadExpect(PlanMap map)
    {
        if (map.At("expect") is not { } node || map.Reader.Map(
            node,
            "expect",
            "failed", "degraded", "static", "p99", "max", "switchWithin", "backWithin", "liveWithin", "rampAtLeast", "postOnce",
            "transitions", "transitionsAtMost", "extraAttempts", "coverage", "seen", "lateness") is not { } expect)
        {
            return new();
        }

        var isShare = expect.At("failed") is YamlScalarNode { Value: { } failed } && failed.EndsWith('%');
        return new()
        {
            Failed = isShare ? null : (int)(expect.Number("failed", int.MaxValue) ?? 0),
            FailedShare = isShare ? expect.Share("failed") ?? 0 : 0,
            Degraded = expect.Share("degraded"),
            Static = (int?)expect.Number("static", int.MaxValue),
            P99 = expect.Duration("p99"),
            Max = expect.Duration("max"),
            SwitchWithin = expect.Duration("switchWithin"),
            BackWithin = expect.Duration("backWithin"),
            LiveWithin = expect.Duration("liveWithin"),
            RampAtLeast = expect.Duration("rampAtLeast"),
            PostOnce = expect.Flag("postOnce"),
            Transitions = expect.At("transitions") is null ? null : expect.Texts("transitions"),
            TransitionsAtMost = (int?)expect.Number("transitionsAtMost", 1_000),
            ExtraAttempts = expect.Share("extraAttempts"),
            Coverage = expect.Share("coverage"),
            Seen = expect.Texts("seen"),
            Lateness = expect.Duration("lateness"),
        };
    }

    /// <summary>What no single key can tell.</summary>
    private static void JudgeWhole(PlanReader reader, PlanMap map, DrillPlan plan)
    {
        var (expect, where) = (plan.Expect, map.At("expect") ?? map.Node);
        if (plan.Environment is { Url: not null, AdminUrl: null }
            && (expect.SwitchWithin
                ?? expect.BackWithin
                    ?? expect.RampAtLeast) is not null
                        | expect.Transitions is not null
                        | expect.TransitionsAtMost is not null
                        | expect.ExtraAttempts is not null)
        {
            reader.Problem(
                where,
                "Expectations about switches, transitions and attempts are read from the admin endpoint. Write 'environment.admin' too.");
        }

        if (expect.PostOnce
            && (plan.Environment.Url is not null || !plan.Load.Mix.Any(kind => string.Equals(kind.Kind, "cart", StringComparison.Ordinal))))
        {
            reader.Problem(
                where,
                "'expect.postOnce' needs orders ('cart' in 'load.mix') and the drill's own guides, which note what they executed.");
        }

        if (plan.Without.Count > 0 != plan.Misses.Count > 0 || (plan.Without.Count > 0 && plan.Environment.Url is not null))
        {
            reader.Problem(map.At("without")
                ?? map.At("misses")!,
                "'without' takes out of an own gateway what the drill guards, and 'misses' names the expectations that then do not hold: "
                    + "both, or neither, and not with 'environment.gateway'.");
        }

        if (plan.Misses.FirstOrDefault(miss => where is not YamlMappingNode expects
            || !expects.Children.ContainsKey(miss)) is { } unexpected)
        {
            reader.Problem(
                map.At("misses")!,
                $"'misses' names '{unexpected}', which 'expect' does not hold. "
                    + $"{Nearest.Hint(unexpected,
                        where is YamlMappingNode all ? [.. all.Children.Keys.Select(key => key.ToString())] : [])}");
        }

        if (expect.Seen.FirstOrDefault(seen => seen is not ("primary" or "standby" or "lastGood" or "file" or "builtIn")) is { } strange)
        {
            reader.Problem(
                where,
                $"'expect.seen' names '{strange}'. {Nearest.Hint(strange, ["primary", "standby", "lastGood", "file", "builtIn"])}");
        }

        if (plan.Environment.Url is not null && expect.Seen.Any(seen => seen is "primary" or "standby"))
        {
            reader.Problem(
                map.At("expect")!,
                "'expect.seen' cannot tell the tiers of a gateway that the drill did not start apart. Write 'switchWithin' or "
                    + "'transitions' instead.");
        }

        if (plan.Load.For > TimeSpan.FromHours(1)
            || plan.Load.Stretches.Sum(stretch => (stretch.From + stretch.To) / 2 * stretch.For.TotalSeconds) > 2_000_000)
        {
            reader.Problem(
                map.At("load")!,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"A drill lasts at most an hour and sends at most 2,000,000 requests; this one would be {plan.Load.For.TotalSeconds} "
                        + $"s."));
        }
    }
}
