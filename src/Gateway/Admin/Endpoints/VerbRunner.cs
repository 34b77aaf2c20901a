using System.Text.Json;
using Gateway.Admin.Security;
using Gateway.Observability.History;

namespace Gateway.Admin.Endpoints;

/// <summary>
/// Makes each operator's change alone (another one meanwhile is told 409) and within a deadline, and enters it in the journal with who and
/// why.
/// </summary>
internal sealed partial class VerbRunner(Journal journal, TimeProvider time, ILogger log) : IDisposable
{
    private const int MaxBody = 16 * 1024;
    private const int MaxWho = 130;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _oneAtATime = new(1, 1);

    /// <inheritdoc/>
    public void Dispose() => _oneAtATime.Dispose();

    /// <summary>Reads what an operator sent and lets <paramref name="act"/> respond: it gets that, who it is, and the deadline.</summary>
    public async Task AloneAsync(HttpContext context, Func<VerbRequest, string, CancellationToken, Task> act)
    {
        if (await ReadAsync(context) is not { } request)
        {
            return;
        }

        // Address and token are what we know; a name is what the operator says, and stands beside them.
        var who = AdminCaller.WhoOf(context, request.Who is { Length: > 0 } given ? VerbText.Shown(given, MaxWho) : null);
        if (!await _oneAtATime.WaitAsync(0, context.RequestAborted))
        {
            await AdminJson.ProblemAsync(
                context,
                409,
                "Another operator's change is being made at this moment. Look at the status, then try again.");
            return;
        }

        // A change that began is finished although the operator's connection may break.
        using var deadline = new CancellationTokenSource(Deadline, time);
        try
        {
            await act(request, who, deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            await AdminJson.ProblemAsync(context, 503, "The change was not confirmed within 10 s. Look at the status before trying again.");
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private static async Task<VerbRequest?> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength is null or 0 && !context.Request.Headers.TransferEncoding.Any(static v => v is not null))
        {
            return new();
        }

        if (!context.Request.HasJsonContentType())
        {
            // A form of another site cannot send JSON without asking first.
            await AdminJson.ProblemAsync(context, 415, "Send the body as \"Content-Type: application/json\".");
            return null;
        }

        if (await RequestBody.ReadAsync(context, MaxBody, "a reason needs less") is not { } body)
        {
            return null;
        }

        try
        {
            var request = JsonSerializer.Deserialize<VerbRequest>(body.Span, AdminJson.Options) ?? new();
            return request with { Reason = request.Reason is null ? null : VerbText.Shown(request.Reason) };
        }
        catch (JsonException)
        {
            await AdminJson.ProblemAsync(context, 400, "The body is not the JSON that this verb takes, like {\"reason\": \"why\"}.");
            return null;
        }
    }

    /// <summary>Enters what was done in journal and log.</summary>
    public void Append(JournalEntry entry)
    {
        journal.Append(entry);
        LogVerb(entry.Kind, entry.Who, entry.Reason ?? "none given", entry.Text);
    }

    [LoggerMessage(8010, LogLevel.Information, "An operator's {Verb} by {Who}, reason \"{Reason}\": {Result}")]
    private partial void LogVerb(string verb, string? who, string reason, string result);
}
