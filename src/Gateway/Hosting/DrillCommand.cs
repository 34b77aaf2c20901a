using System.CommandLine;
using Gateway.Cli;

namespace Gateway.Hosting;

/// <summary><c>drill</c>, so that the help lists it: the drills are a program of their own, which the script of a clone starts.</summary>
internal static class DrillCommand
{
    public static Command Create()
    {
        var command = new Command("drill", "Rehearses faults and says what users noticed. Start it from a clone, as ./gateway drill --help.") { TreatUnmatchedTokensAsErrors = false };
        command.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Error.WriteLine("The drills are not part of this program. Run ./gateway drill from a clone of the repository.");
            return GatewayCli.Failed;
        });
        return command;
    }
}
