using Gateway.Drills.Plans;

namespace Gateway.Drills.Running;

/// <summary>What the command line changes about a drill.</summary>
/// <param name="Rate">Another rate at the begin; the others change in proportion. Null: the file's.</param>
/// <param name="Warm">Another time to warm up.</param>
/// <param name="Seed">Another seed of chaos.</param>
/// <param name="ChaosFor">Another length of chaos; the load is made shorter or longer by the same.</param>
/// <param name="Set">Changes of the gateway's configuration beyond the file's.</param>
/// <param name="Prove">Take out what the drill guards, as its file says: it must then fail.</param>
internal sealed record Adjustments(
    double? Rate = null,
    TimeSpan? Warm = null,
    int? Seed = null,
    TimeSpan? ChaosFor = null,
    IReadOnlyList<(string Path, string? Yaml)>? Set = null,
    bool Prove = false)
{
    /// <summary>Reads <c>PATH=VALUE</c>; nothing after the sign removes the key.</summary>
    /// <exception cref="ArgumentException">There is no sign in it.</exception>
    public static (string Path, string? Yaml) ParseSet(string text) => text.Split('=', 2) is [{ Length: > 0 } path, var yaml]
        ? (path, yaml.Length > 0 ? yaml : null)
        : throw new ArgumentException(
            $"'{text}' does not say what to set. Write it like --set clusters.ai-guide.failback.after=0s.",
            nameof(text));

    /// <summary>The plan as it will run.</summary>
    public DrillPlan Apply(DrillPlan plan)
    {
        if (plan.Environment.Url is not null && Set is { Count: > 0 })
        {
            throw new ArgumentException(
                $"'{plan.Name}' is played on a gateway that runs already: --set cannot change its configuration.",
                nameof(plan));
        }

        var bed = plan.Environment.Bed;
        plan = plan with
        {
            Environment = plan.Environment with { Bed = bed with { Config = [.. bed.Config, .. Set ?? [], .. Prove ? plan.Without : []] } }
        };
        if (Prove)
        {
            var taken = string.Join(", ", plan.Without.Select(change => $"{change.Path}: {change.Yaml ?? "removed"}"));
            plan = plan with { About = $"To prove that this drill can fail, without what it guards ({taken}). {plan.About}" };
        }

        var load = plan.Load with { Warm = Warm ?? plan.Load.Warm };
        if (Rate is { } rate)
        {
            var factor = rate / plan.Load.Stretches[0].From;
            load = load with
            {
                Stretches = [.. load.Stretches.Select(stretch => (stretch.From * factor, stretch.To * factor, stretch.For))]
            };
        }

        if (plan.Timeline.Select(step => step.Step).OfType<ChaosStep>().FirstOrDefault() is not { } chaos)
        {
            return plan with { Load = load };
        }

        var longer = (ChaosFor ?? chaos.Lasts) - chaos.Lasts;
        var begin = plan.Timeline.First(step => ReferenceEquals(step.Step, chaos)).At;
        var last = load.Stretches[^1];
        return plan with
        {
            Load = load with { Stretches = [.. load.Stretches.SkipLast(1), (last.From, last.To, last.For + longer)] },
            Timeline = [.. plan.Timeline.Select(step => ReferenceEquals(step.Step, chaos)
                ? step with { Step = chaos.With(Seed, ChaosFor) }
                : step.At > begin ? step with { At = step.At + longer }
                : step)],
        };
    }
}
