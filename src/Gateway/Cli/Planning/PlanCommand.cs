using System.CommandLine;
using System.Globalization;
using System.Text;
using Gateway.Configuration;

namespace Gateway.Cli.Planning;

/// <summary><c>plan FILE</c>: what a changed configuration means, before a gateway reads it.</summary>
internal static class PlanCommand
{
    /// <summary>The command; exit code 1: the risk is high, 2: one of the files is not valid.</summary>
    public static Command Create(Func<string, string?> environment)
    {
        var file = new Argument<string>("FILE") { Description = "The changed configuration file." };
        var config = new Option<string?>("--config")
        {
            Description = "The file to compare it with. Default: the configuration in place, as for check.",
            HelpName = "FILE"
        };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of text; problems, too." };
        var command = new Command(
            "plan", "Says what a changed configuration file means: which requests go elsewhere, what is forgotten, and how risky it is.")
        {
            file,
            config,
            json
        };
        command.SetAction(async (parsed, _) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var (after, before) = (parsed.GetRequiredValue(file), ConfigPath.Of(parsed.GetValue(config), environment));
            var isJson = parsed.GetValue(json);
            var (changed, known) = (ConfigLoader.Load(after, environment), ConfigLoader.Load(before, environment));
            foreach (var loaded in (ConfigResult[])[changed, known])
            {
                if (loaded.Config is null)
                {
                    return await ConfigPath.FailureOf(loaded).PrintAsync(output, error, isJson);
                }
            }

            var plan = await ConfigPlanner.PlanAsync(known.Config!, changed.Config!);
            await output.WriteAsync(isJson
                ? ReadableJson.Of(new { File = after, Before = before, plan.Risk, plan.Witnesses, plan.Findings })
                : TextOf(plan, after, before));
            return plan.Risk == PlanRisk.High ? GatewayCli.Failed : GatewayCli.Done;
        });
        return command;
    }

    private static string TextOf(ConfigPlan plan, string after, string before)
    {
        var text = new StringBuilder();
        Columns.Append(text, "", string.Create(
            CultureInfo.InvariantCulture,
            $"{after} beside {before}: {SummaryOf(plan)}, by {plan.Witnesses} requests that were tried on both."), 2);
        if (!plan.Findings.IsEmpty)
        {
            text.Append('\n');
        }

        Columns.Table(text, "", [.. plan.Findings.Select(static finding => new[]
        {
            finding.Risk.ToString().ToLowerInvariant(),
            finding.Subject,
            finding.Text + "." + (finding.Witness is null ? "" : $"\nlike {finding.Witness}{FurtherOf(finding)}"),
        })]);
        return text.ToString();
    }

    private static string SummaryOf(ConfigPlan plan) => plan.Risk == PlanRisk.None
        ? "they mean the same"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"the risk is {plan.Risk.ToString().ToLowerInvariant()}, {plan.Findings.Length} "
                + $"{(plan.Findings.Length == 1 ? "difference" : "differences")}");

    private static string FurtherOf(PlanFinding finding) =>
        finding.Further == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" and {finding.Further} more");
}
