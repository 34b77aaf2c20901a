using System.Globalization;
using Gateway.Admin.Status;
using Gateway.Configuration.History;
using Gateway.Configuration.Reload;

namespace Gateway.Admin.Endpoints;

/// <summary>What operators may do to the configuration, and what they may see of earlier ones.</summary>
internal sealed class ConfigVerbs(AdminSources sources, VerbRunner runner, TimeProvider time)
{
    /// <summary><c>GET /config/revisions</c>.</summary>
    public async Task ListAsync(HttpContext context) =>
        await AdminJson.WriteAsync(context, RevisionLine.Of(await ReadAsync(context.RequestAborted), sources.Config()));

    /// <summary><c>GET /config/revisions/{n}</c>: with the files as they were, secrets included.</summary>
    public async Task ShowAsync(HttpContext context)
    {
        var given = (string?)context.Request.RouteValues["revision"] ?? "";
        var kept = await ReadAsync(context.RequestAborted);
        await (long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && Find(kept, number) is { } revision
            ? AdminJson.WriteAsync(context, revision)
            : AdminJson.ProblemAsync(context, 404, NotKept(VerbText.Shown(given), kept)));
    }

    /// <summary><c>POST /config/reload</c>.</summary>
    public Task ReloadAsync(HttpContext context) => runner.AloneAsync(context, async (request, who, token) =>
    {
        var wanted = new ReloadRequest { IsConfirmed = request.Force, Who = who, Reason = request.Reason };
        var outcome = await sources.Reload(wanted, token);
        if (!outcome.Problems.IsDefaultOrEmpty)
        {
            // The loader announces the rejection; here it is only returned.
            await AdminJson.ProblemAsync(
                context,
                422,
                $"{RejectedConfig.HeadlineOf(outcome.Cause)}, and revision {outcome.Revision} stays in force:\n"
                    + string.Join("\n", outcome.Problems));
            return;
        }

        var message = (outcome.Applied ? "" : "The file has not changed. ") + ConfigChange.Say(outcome.Revision, outcome.RestartNeeded);

        runner.Append(new(time.GetUtcNow(), "reload", message) { Reason = request.Reason, Who = who });
        await AdminJson.WriteAsync(context, new VerbResult(message));
    });

    /// <summary><c>POST /config/rollback</c>.</summary>
    public Task RollbackAsync(HttpContext context) => runner.AloneAsync(context, async (request, who, token) =>
    {
        var (revision, status, why) = await ChooseAsync(request, token);
        if (revision is null)
        {
            await AdminJson.ProblemAsync(context, status, why);
            return;
        }

        // The operator says what to go back to: nothing is to be confirmed once more.
        var wanted = new ReloadRequest { IsConfirmed = true, RollbackTo = revision.Number, Who = who, Reason = request.Reason };
        var outcome = await sources.Reload(wanted, token);
        if (!outcome.Problems.IsDefaultOrEmpty)
        {
            await AdminJson.ProblemAsync(
                context,
                422,
                $"Revision {revision.Number} can no longer be put in force, and revision {outcome.Revision} stays:\n"
                    + string.Join("\n", outcome.Problems));
            return;
        }

        var message = ConfigChange.Say(outcome.Revision, outcome.RestartNeeded, revision.Number)
            + (sources.Config().FileIsInForce
                ? ""
                : " The file in place is another one: it stays out of force, over restarts too, until it changes or a reload with --force "
                    + "insists.");
        runner.Append(new(time.GetUtcNow(), "rollback", message) { Reason = request.Reason, Who = who });
        await AdminJson.WriteAsync(context, new VerbResult(message));
    });

    private static ConfigRevision? Find(IReadOnlyList<ConfigRevision> kept, long number) =>
        kept.FirstOrDefault(revision => revision.Number == number);

    private static string NotKept(string given, IReadOnlyList<ConfigRevision> kept) => kept.Count == 0
        ? "No revision of the configuration is kept: the state folder has none."
        : $"There is no revision \"{given}\". Kept are {string.Join(", ", kept.Select(static revision => revision.Number))}.";

    // Null: it is refused, with the status and the reason.
    private async Task<(ConfigRevision? Revision, int Status, string Why)> ChooseAsync(VerbRequest request, CancellationToken token)
    {
        if (string.IsNullOrWhiteSpace(request.Reason))
        {
            return (null, 400, "A rollback needs a \"reason\", like {\"revision\": 6, \"reason\": \"the new path is not there yet\"}.");
        }

        var state = sources.Config();
        var kept = await ReadAsync(token);
        if (request.Revision is null && state.Rollback is { } before)
        {
            return (null, 409, $"Revision {state.Revision} is a rollback to revision {before.To} already. Name the one to go back to.");
        }

        // Without a number: what was in force before the one that is.
        var chosen = request.Revision is { } number
            ? Find(kept, number)
            : kept.FirstOrDefault(one => one.Number < state.Revision && !string.Equals(one.Hash, state.Hash, StringComparison.Ordinal));
        if (chosen is null)
        {
            return request.Revision is { } missing
                ? (null, 404, NotKept(missing.ToString(CultureInfo.InvariantCulture), kept))
                : (null, 404, $"No revision before {state.Revision}, which is in force, is kept.");
        }

        return string.Equals(chosen.Hash, state.Hash, StringComparison.Ordinal)
            ? (null, 409, $"Revision {chosen.Number} has the files that are in force already, as revision {state.Revision}.")
            : (chosen, 200, "");
    }

    // From the disk, which may be slow: not on the threads that serve.
    private Task<IReadOnlyList<ConfigRevision>> ReadAsync(CancellationToken token) =>
        Task.Run<IReadOnlyList<ConfigRevision>>(() => [.. sources.Revisions?.Read() ?? []], token);
}
