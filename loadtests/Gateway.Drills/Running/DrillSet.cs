using Gateway.Drills.Plans;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Running;

/// <summary>The drills of config/drills, by name and by group.</summary>
internal static class DrillSet
{
    /// <summary>Where they are.</summary>
    public static string Folder => Path.Combine(Repository.Root, "config", "drills");

    /// <summary>Where those are that were made of incidents (<c>gateway incidents drill</c>); the folder may be missing.</summary>
    public static string Incidents => Path.Combine(Folder, "incidents");

    /// <summary>All of them, by name, those of incidents last.</summary>
    /// <exception cref="PlanException">Some file has problems.</exception>
    public static IReadOnlyList<DrillPlan> All() =>
    [
        .. new[] { Folder, Incidents }
            .Where(Directory.Exists)
            .SelectMany(static folder => Directory.GetFiles(folder, "*.yaml").Order(StringComparer.Ordinal))
            .Select(Read),
    ];

    /// <summary>Those of these names, groups or files; "all" is everything.</summary>
    /// <exception cref="ArgumentException">A name is unknown.</exception>
    public static IReadOnlyList<DrillPlan> Select(IReadOnlyList<string> wanted)
    {
        var found = new List<DrillPlan>();
        var all = new Lazy<IReadOnlyList<DrillPlan>>(All);
        foreach (var name in wanted)
        {
            if (name.EndsWith(".yaml", StringComparison.Ordinal) || name.EndsWith(".yml", StringComparison.Ordinal))
            {
                found.Add(Read(name));
                continue;
            }

            var matching = all.Value.Where(plan => name is "all"
                || string.Equals(plan.Name, name, StringComparison.Ordinal)
                || plan.Groups.Contains(name, StringComparer.Ordinal)).ToList();
            if (matching.Count == 0)
            {
                var known = all.Value
                    .Select(plan => plan.Name)
                    .Concat(all.Value.SelectMany(plan => plan.Groups))
                    .Append("all")
                    .Distinct(StringComparer.Ordinal)
                    .ToList();
                throw new ArgumentException($"There is no drill and no group '{name}'. {Nearest.Hint(name, known)}", nameof(wanted));
            }

            found.AddRange(matching);
        }

        return [.. found.DistinctBy(plan => plan.Name, StringComparer.Ordinal)];
    }

    private static DrillPlan Read(string path) => DrillFile.Read(Path.GetRelativePath(Directory.GetCurrentDirectory(), path));
}
