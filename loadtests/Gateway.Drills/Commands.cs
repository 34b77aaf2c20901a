using System.CommandLine;
using Gateway.Drills.Against;
using Gateway.Drills.Figures;
using Gateway.Drills.Running;
using static Gateway.Drills.CommandOptions;
using static Gateway.Drills.GuardedCommand;

namespace Gateway.Drills;

/// <summary>The command line: <c>./gateway drill NAME [OPTIONS]</c>. Exit codes: 0 all figures hold, 1 some do not, 2 usage.</summary>
internal static class Commands
{
    private static readonly Report Report = new();

    /// <summary>The commands.</summary>
    public static RootCommand Root()
    {
        var root = new RootCommand(
            "Breaks things on purpose and measures what users notice. Each drill ends with a verdict; exit code 0 if its figures hold.")
        {
            Check(), List(), Table(), Once(), Streams(), Reloads(), Overload(), Tail(), Saved(), IdleStreams(), LastGood(), LastGoodMix(),
            LastGoodKill(), Scale(), ColdStart(inAnOutage: false), ColdStart(inAnOutage: true), OfFleet(
                "fleet",
                "Three gateways and Redis with sentinels: each fault of Redis costs no request and no switch, and they change together.",
                FleetDrill.RunAsync),
            OfFleet(
                "isolation",
                "One gateway of three is cut off from all destinations: it is not ready within 3 s, and the others do not notice.",
                IsolationDrill.RunAsync),
            Load(),
        };
        var names = new Argument<string[]>("drills")
        {
            Description = "Drills of config/drills by name or group, 'all', or files. 'list' shows them.",
            Arity = ArgumentArity.ZeroOrMore
        };
        var rate = new Option<double?>("--rate") { Description = "Requests a second, instead of the file's." };
        var warm = new Option<double?>("--warm") { Description = "Seconds of load before anything is counted, instead of the file's." };
        var seed = new Option<int?>("--seed") { Description = "The seed of chaos, to run the same faults again." };
        var chaos = new Option<double?>("--chaos-minutes") { Description = "How long chaos lasts, instead of the file's." };
        var against = new Option<string?>("--against")
        {
            Description = "Run the faults through other proxies too: haproxy,nginx,caddy,yarp."
        };
        var set = new Option<string[]>("--set")
        {
            Description =
                "Change the gateway's configuration: PATH=VALUE, like clusters.ai-guide.failback.after=0s; without a value the key is "
                    + "removed. Repeatable."
        };
        var prove = new Option<bool>("--prove")
        {
            Description = "Take out what each drill guards, as its file says, and pass only if the drill then fails by it."
        };
        root.Add(names);
        foreach (var option in new Option[] { rate, warm, seed, chaos, set, prove, against })
        {
            root.Add(option);
        }

        root.SetAction((parsed, _) => RunAsync("drill", () =>
        {
            var wanted = parsed.GetValue(names) ?? [];
            var adjustments = new Adjustments(
                parsed.GetValue(rate),
                parsed.GetValue(warm) is { } seconds ? Seconds(seconds) : null,
                parsed.GetValue(seed),
                parsed.GetValue(chaos) is { } minutes ? TimeSpan.FromMinutes(minutes) : null,
                [.. (parsed.GetValue(set) ?? []).Select(Adjustments.ParseSet)],
                parsed.GetValue(prove));
            if (adjustments.Prove && parsed.GetValue(against) is not null)
            {
                throw new ArgumentException(
                    "--prove takes parts out of the gateway, and --against compares it with others: one of them at a time.",
                    nameof(parsed));
            }

            return parsed.GetValue(against) is { } peers
                ? AgainstCommand.RunAsync(
                    Report,
                    wanted.Length > 0 ? wanted : ["faults"],
                    peers.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
                    adjustments)
                : DrillCommand.RunAsync(Report, wanted, adjustments);
        }));
        return root;
    }

    private static Command Check()
    {
        var files = new Argument<string[]>("files")
        {
            Description = "Drill files; none: those of config/drills.",
            Arity = ArgumentArity.ZeroOrMore
        };
        var command = new Command("check", "Judges drill files without running anything.") { files };
        command.SetAction(parsed => DrillCommand.Check(Report, parsed.GetValue(files) ?? []));
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "The drills of config/drills.");
        command.SetAction((_, _) => RunAsync("list", () => Task.FromResult(DrillCommand.List(Report))));
        return command;
    }

    private static Command Table()
    {
        var (rate, warm, only) = (Rate(300), Warm(), Only());
        var json = new Option<FileInfo?>("--json") { Description = "Write the rows and expectations to this file as well." };
        return Create("table", "Every fault of the design's table under load: a row each.", [rate, warm, only, json], parsed =>
            TableDrill.RunAsync(Report, parsed.GetValue(rate), Seconds(parsed.GetValue(warm)), parsed.GetValue(only)
                ?? [], parsed.GetValue(json)));
    }

    private static Command Once()
    {
        var (rate, warm, only) = (Rate(300), Warm(), Only());
        var posts = new Option<int>("--posts")
        {
            Description = "Posts while the primaries are killed and restarted.",
            DefaultValueFactory = _ => 1_000
        };
        const string about = "Half of the load are orders: none executed twice, none acknowledged and lost, under every fault.";
        return Create("once", about, [rate, warm, only, posts], parsed =>
            OnceDrill.RunAsync(Report, parsed.GetValue(rate), Seconds(parsed.GetValue(warm)), parsed.GetValue(only)
                ?? [], parsed.GetValue(posts)));
    }

    private static Command Streams()
    {
        var warm = Warm();
        var count = Count(200);
        return Create("streams", "Event streams while the primary dies: each goes on or ends visibly within a second.",
        [
            count,
            warm
        ], parsed =>
            StreamsDrill.RunAsync(Report, parsed.GetValue(count), Seconds(parsed.GetValue(warm))));
    }

    private static Command Reloads()
    {
        var (rate, warm, count) = (Rate(300), Warm(), Count(100));
        return Create("reloads", "Reloads under load, every tenth broken: nothing fails, no stream is dropped.",
        [
            rate,
            warm,
            count
        ], parsed =>
            ReloadsDrill.RunAsync(Report, parsed.GetValue(rate), Seconds(parsed.GetValue(warm)), parsed.GetValue(count)));
    }

    private static Command Overload()
    {
        var warm = Warm();
        var auto = new Option<bool>("--auto")
        {
            Description = "The standby's capacity is not configured: the gateway finds it out (capacity: auto)."
        };
        return Create("overload", "A small standby under four times its load: the high level stays live.", [warm, auto], parsed =>
            OverloadDrill.RunAsync(Report, Seconds(parsed.GetValue(warm)), parsed.GetValue(auto)));
    }

    private static Command Tail()
    {
        var (rate, warm) = (Rate(300), Warm());
        var usual = new Option<double>("--usual")
        {
            Description = "Milliseconds that every response takes without the fault.",
            DefaultValueFactory = _ => 40
        };
        return Create("tail", "One response in twenty is three seconds late: users do not feel it.", [rate, warm, usual], parsed =>
            TailDrill.RunAsync(
                Report,
                parsed.GetValue(rate),
                Seconds(parsed.GetValue(warm)),
                TimeSpan.FromMilliseconds(parsed.GetValue(usual))));
    }

    private static Command Saved()
    {
        var (rate, warm) = (Rate(300), Warm());
        var only = new Option<string?>("--only") { Description = "One feature instead of all." };
        only.AcceptOnlyFromAmong(SavedDrill.Features);
        return Create("saved", "What the gateway counts as saved is what its users miss without the feature.",
        [
            rate,
            warm,
            only
        ], parsed =>
            SavedDrill.RunAsync(Report, parsed.GetValue(rate), Seconds(parsed.GetValue(warm)), parsed.GetValue(only)));
    }

    private static Command IdleStreams()
    {
        var (count, warm) = (Count(2_000), Warm());
        var every = new Option<int>("--every")
        {
            Description = "Milliseconds from one token to the next; 0: none comes.",
            DefaultValueFactory = _ => 0
        };
        return Create("idle-streams", "What an event stream costs in memory, idle or at work.", [count, warm, every], parsed =>
            IdleStreamsDrill.RunAsync(Report, parsed.GetValue(count), Seconds(parsed.GetValue(warm)), parsed.GetValue(every)));
    }

    private static Command LastGood()
    {
        var (rate, warm) = (Rate(300), Warm());
        return Create(
            "last-good",
            "Everything dies: each user gets the last live response to the byte, after a restart and through Redis too.",
            [rate, warm],
            parsed =>
            LastGoodDrill.RunAsync(Report, parsed.GetValue(rate), Seconds(parsed.GetValue(warm))));
    }

    private static Command LastGoodMix()
    {
        var rate = Rate(2_000);
        var requests = new Option<int>("--requests") { Description = "How many.", DefaultValueFactory = _ => 50_000 };
        return Create("last-good-mix", "A hundred users, outages, aborts and restarts: no byte of one user's response in another's.",
        [
            requests,
            rate
        ], parsed =>
            LastGoodMixDrill.RunAsync(Report, parsed.GetValue(requests), parsed.GetValue(rate)));
    }

    private static Command LastGoodKill()
    {
        var rounds = new Option<int>("--rounds") { Description = "How many kills.", DefaultValueFactory = _ => 20 };
        return Create(
            "last-good-kill",
            "kill -9 while the store is written: it opens each time and serves no wrong byte.",
            [rounds],
            parsed =>
            LastGoodKillDrill.RunAsync(Report, parsed.GetValue(rounds)));
    }

    private static Command Scale()
    {
        var (rate, warm) = (Rate(400), Warm());
        var seconds = new Option<double>("--seconds")
        {
            Description = "How long each is measured, idle and under load.",
            DefaultValueFactory = _ => 10
        };
        return Create("scale", "What more gateways, destinations, routes and stored responses cost.", [rate, warm, seconds], parsed =>
            ScaleDrill.RunAsync(Report, parsed.GetValue(rate), Seconds(parsed.GetValue(warm)), Seconds(parsed.GetValue(seconds))));
    }

    private static Command ColdStart(bool inAnOutage)
    {
        var rate = Rate(300);
        var warm = new Option<double>("--warm")
        {
            Description = "Seconds of four times the load between the first seconds and the warm ones.",
            DefaultValueFactory = _ => 20
        };
        return Create(
            inAnOutage ? "cold-start-in-an-outage" : "cold-start",
            inAnOutage
                ? "A gateway that starts while the primaries are dead: its first response and its first seconds, against the same process "
                    + "warm."
                : "A gateway's first response and first seconds after a start, against the same process warm.",
            [rate, warm],
            parsed => ColdStartDrill.RunAsync(Report, parsed.GetValue(rate), Seconds(parsed.GetValue(warm)), inAnOutage));
    }

    private static Command OfFleet(string name, string description, Func<Report, double, TimeSpan, Task<int>> run)
    {
        var (rate, warm) = (Rate(150), Warm());
        return Create(name, description, [rate, warm], parsed => run(Report, parsed.GetValue(rate), Seconds(parsed.GetValue(warm))));
    }

    private static Command Load()
    {
        var (rate, warm) = (Rate(300), new Option<double>("--warm")
        {
            Description = "Seconds of load before anything is counted.",
            DefaultValueFactory = _ => 2
        });
        var url = new Argument<string>("url") { Description = "http:// on this machine." };
        var seconds = new Option<double>("--seconds") { Description = "How long.", DefaultValueFactory = _ => 10 };
        var allow = new Option<bool>("--allow-target") { Description = "Allow a target that is not this machine." };
        var command = Create("load", "GETs at a constant rate, and their figures.", [rate, seconds, warm, allow], parsed =>
            LoadCommand.RunAsync(
                Report,
                ToUri(parsed.GetRequiredValue(url)),
                parsed.GetValue(rate),
                Seconds(parsed.GetValue(seconds)),
                Seconds(parsed.GetValue(warm)),
                parsed.GetValue(allow)));
        command.Add(url);
        return command;
    }
}
