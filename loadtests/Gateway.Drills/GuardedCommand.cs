using System.CommandLine;
using Gateway.Drills.Plans;

namespace Gateway.Drills;

/// <summary>A command of the drills whose failures are sentences, not stacks.</summary>
internal static class GuardedCommand
{
    /// <summary>A command with options.</summary>
    public static Command Create(string name, string description, IReadOnlyList<Option> options, Func<ParseResult, Task<int>> run)
    {
        var command = new Command(name, description);
        foreach (var option in options)
        {
            command.Add(option);
        }

        command.SetAction((parsed, _) => RunAsync(name, () => run(parsed)));
        return command;
    }

    /// <summary>Runs one; what was typed wrong, and a drill that could not be carried out, are said in a sentence.</summary>
    public static async Task<int> RunAsync(string name, Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception error) when (error is ArgumentException or PlanException)
        {
            // What .NET appends about parameters is about our code, not about what was typed.
            await Console.Error.WriteLineAsync(error.Message.Split(" (Parameter '")[0]);
            return 2;
        }
        catch (Exception error) when (error is InvalidOperationException or TimeoutException or OperationCanceledException
            or IOException or HttpRequestException)
        {
            // The drill could not be carried out at all: what it says is enough, where in our code is no help.
            await Console.Error.WriteLineAsync($"FAILED: {name} could not be carried out: {error.Message}");
            return 1;
        }
    }
}
