using System.CommandLine;
using Gateway.Cli;

namespace Gateway.Hosting;

/// <summary><c>drill</c>, so that the help lists it: the drills are a program of their own, which the script of a clone starts.</summary>
internal static class DrillCommand
{
    public static Command Create()
    {
        var command = new Command("drill", "Rehearses faults and says what users noticed. Part of a clone, not of an installed gateway.")
        {
            TreatUnmatchedTokensAsErrors = false
        };
        command.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Error.WriteLine(
                $"The drills are not part of this program. Run {ProgramName.InAClone} drill in a clone of the repository.");
            return GatewayCli.Failed;
        });
        return command;
    }
}
