using System.Text.Json;
using Gateway.Admin.Endpoints;

namespace Gateway.Cli;

/// <summary>Why a command was not carried out, and how that is printed.</summary>
/// <param name="ExitCode">The command's exit code.</param>
/// <param name="Message">A sentence, or several lines, that say what to do.</param>
internal sealed record CommandFailure(int ExitCode, string Message)
{
    private static readonly JsonSerializerOptions Readable = new(AdminJson.Options) { WriteIndented = true };

    /// <summary>The gateway that was asked; null: none was.</summary>
    public string? Address { get; init; }

    /// <summary>The name of the gateway that answered; null: none did.</summary>
    public string? Gateway { get; init; }

    /// <summary>The status that it answered with; null: it did not answer.</summary>
    public int? Status { get; init; }

    /// <summary>Each problem by itself, where there are several; null: the message is all.</summary>
    public IReadOnlyList<string>? Problems { get; init; }

    /// <summary>
    /// Text goes to the error output. JSON goes to the output, where a program reads: with <c>--json</c> that holds one JSON value whatever
    /// happens.
    /// </summary>
    public async Task<int> PrintAsync(TextWriter output, TextWriter error, bool json)
    {
        if (json)
        {
            await output.WriteAsync(JsonSerializer.Serialize(new { Error = this }, Readable) + "\n");
            return ExitCode;
        }

        await error.WriteAsync(string.Concat((Problems ?? []).Append(Message).Select(Columns.Wrapped)));
        return ExitCode;
    }
}
