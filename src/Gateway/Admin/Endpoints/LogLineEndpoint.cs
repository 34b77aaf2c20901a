using System.Globalization;
using Gateway.Admin.Status;
using Gateway.Health.Signals.Lines;

namespace Gateway.Admin.Endpoints;

/// <summary><c>POST /signals/logs?name=NAME</c>: lines of a log, for the signals with <c>push: NAME</c>.</summary>
internal static class LogLineEndpoint
{
    private const int MostBytes = 1024 * 1024;
    private const int LongestName = 256;

    /// <summary>Takes the lines, and says how many there were.</summary>
    public static async Task TakeAsync(HttpContext context, AdminSources sources)
    {
        var name = context.Request.Query["name"].ToString();
        if (name.Length == 0)
        {
            await AdminJson.ProblemAsync(
                context, StatusCodes.Status400BadRequest, "The name is missing. Send lines to /signals/logs?name=NAME, for push: NAME.");
            return;
        }

        var topic = LineTopic.OfPush(name);
        if (!sources.Lines.IsWanted(topic))
        {
            await AdminJson.ProblemAsync(
                context, StatusCodes.Status404NotFound, "No signal takes lines under this name. Give one push: with the name.");
            return;
        }

        var destination = context.Request.Query["destination"].ToString() is { Length: > 0 and <= LongestName } given ? given : null;
        if (await RequestBody.ReadAsync(context, MostBytes, "send it in parts") is not { } body)
        {
            return;
        }

        var (lines, taken) = Take(sources.Lines, topic, body, destination);
        if (taken < lines)
        {
            context.Response.Headers.RetryAfter = "1";
            await AdminJson.ProblemAsync(
                context,
                StatusCodes.Status429TooManyRequests,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Lines come faster than they are read: {lines - taken} of {lines} were left out. Send less, or send it later."));
            return;
        }

        await AdminJson.WriteAsync(context, new { Lines = lines });
    }

    private static (int Lines, int Taken) Take(LineBoard board, string topic, ReadOnlyMemory<byte> body, string? destination)
    {
        var (lines, taken) = (0, 0);
        foreach (var line in LogLineBody.LinesOf(body))
        {
            lines++;
            taken += board.Publish(topic, line.Span, destination, host: null) ? 1 : 0;
        }

        return (lines, taken);
    }
}
