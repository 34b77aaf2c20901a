using YamlDotNet.RepresentationModel;

namespace Gateway.Drills.Plans;

/// <summary>The load of a drill: <c>load</c> of its file.</summary>
internal static class LoadReader
{
    /// <summary>Reads it; of what is wrong the reader is told, and something harmless stands in its place.</summary>
    public static LoadShape Read(PlanMap map)
    {
        var nothing = new LoadShape { Stretches = [(1, 1, TimeSpan.FromSeconds(1))] };
        if (map.At("load") is not { } node
            || map.Reader.Map(node, "load", "rate", "for", "warm", "mix", "vanishing", "users") is not { } load)
        {
            return nothing;
        }

        load.Require("rate", "300");
        load.Require("for", "13s");
        var time = load.Duration("for") ?? TimeSpan.FromSeconds(1);
        if (time < TimeSpan.FromSeconds(1))
        {
            map.Reader.Problem(load.Node, "'load.for' is shorter than a second, in which nothing can be measured.");
            return nothing;
        }

        return new()
        {
            Stretches = ReadRate(load, time),
            Warm = load.Duration("warm") ?? TimeSpan.FromSeconds(5),
            Mix = ReadMix(load),
            Vanishing = load.Share("vanishing") ?? 0,
            Users = (int)Math.Max(1, load.Number("users", 1_000_000) ?? 200),
        };
    }

    /// <summary><c>300</c>, <c>{ from: 100, to: 500 }</c> or <c>{ steps: [100, 200, 400] }</c>.</summary>
    private static IReadOnlyList<(double From, double To, TimeSpan For)> ReadRate(PlanMap load, TimeSpan time)
    {
        const double most = 10_000;
        var reader = load.Reader;
        switch (load.At("rate"))
        {
            case YamlMappingNode shape when reader.Map(shape, "load.rate", "from", "to", "steps") is { } rate:
                if (rate.At("steps") is YamlSequenceNode { Children.Count: > 0 } steps)
                {
                    var each = time / steps.Children.Count;
                    return [.. steps.Children.Select(step => reader.Number(step, "load.rate.steps", most)
                        ?? 1).Select(one => (one, one, each))];
                }

                rate.Require("from", "100");
                rate.Require("to", "500");
                return [(rate.Number("from", most) ?? 1, rate.Number("to", most) ?? 1, time)];
            case { } node:
                var constant = reader.Number(node, "load.rate", most) ?? 1;
                return [(constant, constant, time)];
            default:
                return [(1, 1, time)];
        }
    }

    private static IReadOnlyList<(string Kind, int Weight)> ReadMix(PlanMap load)
    {
        if (load.At("mix") is not { } node || load.Reader.Map(node, "load.mix", Kinds.Names) is not { } mix)
        {
            return [("recommend", 1)];
        }

        var kinds = Kinds.Names.Select(kind => (kind, (int)(mix.Number(kind, 100) ?? 0))).Where(kind => kind.Item2 > 0).ToList();
        if (kinds.Count == 0)
        {
            load.Reader.Problem(node, "'load.mix' gives no kind of request a weight above 0.");
        }

        return kinds;
    }
}
