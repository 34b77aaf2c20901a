using Gateway.Drills.Processes;
using YamlDotNet.RepresentationModel;

namespace Gateway.Drills.Plans;

/// <summary>Reads which guides and other processes a step of a drill is about.</summary>
/// <param name="reader">Is told of names that there are none of.</param>
/// <param name="environment">What the drill starts.</param>
internal sealed class ProcessNames(PlanReader reader, EnvironmentPlan environment)
{
    private IReadOnlyList<string> Guides =>
    [
        .. Enumerable.Range(1, environment.Bed.Primaries).Select(n => $"p{n}"),
        .. Enumerable.Range(1, environment.Bed.Standbys).Select(n => $"s{n}"),
    ];

    /// <summary>What can be killed and frozen: guides, and Redis where there is one.</summary>
    public string[] OfProcesses(YamlNode node, string what) =>
        Read(node, what, environment.Bed.Redis ? [.. Guides, RedisProcess.RedisName] : Guides);

    /// <summary>Guides alone.</summary>
    public string[] OfGuides(YamlNode node, string what) => Read(node, what, Guides);

    private string[] Read(YamlNode node, string what, IReadOnlyList<string> known)
    {
        var names = new List<string>();
        if (node is YamlMappingNode)
        {
            reader.Problem(node, $"'{what}' does not say which guides. Write 'on: [p1]'.");
            return [];
        }

        foreach (var (at, name) in reader.Texts(node, what))
        {
            if (known.Contains(name, StringComparer.Ordinal))
            {
                names.Add(name);
            }
            else if (environment.Url is null)
            {
                reader.Problem(at, name is RedisProcess.RedisName
                    ? $"'{what}' names '{name}', and this drill starts none that can be meant. Write 'redis: true' below 'environment'; it "
                        + $"can be killed, started, frozen and thawed."
                    : $"'{what}' names '{name}', and there is no such guide. {Nearest.Hint(name, known)}");
            }
        }

        return [.. names];
    }
}
