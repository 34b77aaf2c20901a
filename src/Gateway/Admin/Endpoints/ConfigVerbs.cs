using System.Globalization;
using Gateway.Admin.Status;
using Gateway.Configuration.History;
using Gateway.Configuration.Reload;

namespace Gateway.Admin.Endpoints;

/// <summary>What operators may do to the configuration, and what they may see of earlier ones.</summary>
internal sealed class ConfigVerbs(AdminSources sources, VerbRunner runner, TimeProvider time)
{
    private const string NoDisk = "The state folder does not respond. Look at its disk, then try again.";

    /// <summary><c>GET /config/revisions</c>.</summary>
    public async Task ListAsync(HttpContext context)
    {
        var state = sources.Config();
        var kept = await SelectAsync(revision => RevisionLine.Of(revision, state));
        await (kept is null ? AdminJson.ProblemAsync(context, 503, NoDisk) : AdminJson.WriteAsync(context, kept));
    }

    /// <summary><c>GET /config/revisions/{n}</c>: with the files as they were.</summary>
    public async Task ShowAsync(HttpContext context)
    {
        var given = (string?)context.Request.RouteValues["revision"] ?? "";
        var kept = await SelectAsync(static revision => revision.Number);
        if (kept is null)
        {
            await AdminJson.ProblemAsync(context, 503, NoDisk);
        }
        else if (!long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !kept.Contains(number)
            || await sources.Revisions!.FindAsync(number, time) is not { } revision)
        {
            await AdminJson.ProblemAsync(context, 404, NotKept(VerbText.Shown(given), kept));
        }
        else if (!sources.Config().Config.Admin.IsProtected && sources.HoldsSecrets(revision))
        {
            // Whoever can use this machine can ask here; the file itself may be for its owner alone.
            await AdminJson.ProblemAsync(
                context,
                403,
                $"Revision {number} may hold secrets, and this endpoint asks for no token. Set \"admin.token\", or read "
                    + $"\"{sources.Revisions.PathOf(number)}\".");
        }
        else
        {
            await AdminJson.WriteAsync(context, revision);
        }
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
        var (chosen, status, why) = await ChooseAsync(request);
        if (chosen is not { } revision)
        {
            await AdminJson.ProblemAsync(context, status, why);
            return;
        }

        // The operator says what to go back to: nothing is to be confirmed once more.
        var wanted = new ReloadRequest { IsConfirmed = true, RollbackTo = revision, Who = who, Reason = request.Reason };
        var outcome = await sources.Reload(wanted, token);
        if (!outcome.Problems.IsDefaultOrEmpty)
        {
            await AdminJson.ProblemAsync(
                context,
                422,
                $"Revision {revision} can no longer be put in force, and revision {outcome.Revision} stays:\n"
                    + string.Join("\n", outcome.Problems));
            return;
        }

        var message = ConfigChange.Say(outcome.Revision, outcome.RestartNeeded, revision)
            + (sources.Config().FileIsInForce
                ? ""
                : " The file in place is another one: it stays out of force, over restarts too, until it changes or a reload with --force "
                    + "insists.");
        runner.Append(new(time.GetUtcNow(), "rollback", message) { Reason = request.Reason, Who = who });
        await AdminJson.WriteAsync(context, new VerbResult(message));
    });

    private static string NotKept(string given, IReadOnlyList<long> kept) => kept.Count == 0
        ? "No revision of the configuration is kept: the state folder has none."
        : $"There is no revision \"{given}\". Kept are {string.Join(", ", kept)}.";

    // Null: it is refused, with the status and the reason.
    private async Task<(long? Revision, int Status, string Why)> ChooseAsync(VerbRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Reason))
        {
            return (null, 400, "A rollback needs a \"reason\", like {\"revision\": 6, \"reason\": \"the new path is not there yet\"}.");
        }

        var state = sources.Config();
        if (await SelectAsync(static revision => (revision.Number, revision.Hash)) is not { } kept)
        {
            return (null, 503, NoDisk);
        }

        if (request.Revision is null && state.Rollback is { } before)
        {
            return (null, 409, $"Revision {state.Revision} is a rollback to revision {before.To} already. Name the one to go back to.");
        }

        // Without a number: what was in force before the one that is.
        var (chosen, hash) = request.Revision is { } number
            ? kept.FirstOrDefault(one => one.Number == number)
            : kept.FirstOrDefault(one => one.Number < state.Revision && !string.Equals(one.Hash, state.Hash, StringComparison.Ordinal));
        if (chosen == 0)
        {
            return request.Revision is { } missing
                ? (null, 404, NotKept(missing.ToString(CultureInfo.InvariantCulture), [.. kept.Select(static one => one.Number)]))
                : (null, 404, $"No revision before {state.Revision}, which is in force, is kept.");
        }

        return string.Equals(hash, state.Hash, StringComparison.Ordinal)
            ? (null, 409, $"Revision {chosen} has the files that are in force already, as revision {state.Revision}.")
            : (chosen, 200, "");
    }

    private Task<IReadOnlyList<T>?> SelectAsync<T>(Func<ConfigRevision, T> choose) =>
        sources.Revisions?.SelectAsync(choose, time) ?? Task.FromResult<IReadOnlyList<T>?>([]);
}
