using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Gateway.Cli;

/// <summary>What is fetched ahead, and how.</summary>
/// <param name="File">Paths and URLs, one a line; empty lines and lines that begin with <c>#</c> are left out.</param>
/// <param name="Url">The public listener.</param>
/// <param name="Host">The Host for lines that are only a path; null: the port itself.</param>
/// <param name="Headers">Further headers, <c>Name: value</c>.</param>
/// <param name="AtOnce">Requests at the same time.</param>
internal sealed record WarmPlan(string File, string Url, string? Host, IReadOnlyList<string> Headers, int AtOnce);

/// <summary>Asks the gateway for each line of a list, as a user would, so that the responses are stored before they are needed.</summary>
internal static class WarmRun
{
    private const int MostShown = 20;
    private const int MostAtOnce = 64;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Fetches, reports, and gives the exit code: 0 if every response was a live 200.</summary>
    public static async Task<int> RunAsync(WarmPlan plan, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        // 1. Judge everything before the first request.
        if (!TryJudge(plan, out var users, out var problem))
        {
            await error.WriteLineAsync(problem);
            return GatewayCli.BadUsage;
        }

        if (await LinesOfAsync(plan, users, error, cancellationToken) is not { } lines)
        {
            return GatewayCli.BadUsage;
        }

        // 2. Fetch.
        using var client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            MaxConnectionsPerServer = plan.AtOnce
        })
        { Timeout = Deadline };
        var (live, failures) = (0, new List<string>());
        await Parallel.ForEachAsync(
            lines,
            new ParallelOptions { MaxDegreeOfParallelism = plan.AtOnce, CancellationToken = cancellationToken },
            async (line, token) =>
        {
            var why = await FetchAsync(client, users, line, plan, token);
            lock (failures)
            {
                if (why is null)
                {
                    live++;
                }
                else
                {
                    failures.Add($"  {line}: {why}");
                }
            }
        });

        // 3. Report.
        await ReportAsync(live, lines.Length, failures, output);
        return failures.Count == 0 ? GatewayCli.Done : GatewayCli.Failed;
    }

    /// <summary>Null: the list cannot be used, and why was said.</summary>
    private static async Task<string[]?> LinesOfAsync(WarmPlan plan, Uri users, TextWriter error, CancellationToken cancellationToken)
    {
        string[] lines;
        try
        {
            lines =
            [
                .. (await File.ReadAllLinesAsync(plan.File, cancellationToken))
                    .Select(static line => line.Trim())
                    .Where(static line => line.Length > 0 && line[0] != '#')
                    .Distinct(StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"The list \"{plan.File}\" cannot be read: {e.Message}");
            return null;
        }

        if (Array.Find(lines, line => TargetOf(users, line) is null) is { } strange)
        {
            await error.WriteLineAsync(
                $"The list \"{plan.File}\" has a line that is neither a path nor a URL: \"{strange}\". Write one like "
                    + $"/api/guide/recommend?user=7 or http://shop.example/guide.");
            return null;
        }

        return lines;
    }

    private static async Task ReportAsync(int live, int all, List<string> failures, TextWriter output)
    {
        foreach (var failure in failures.Take(MostShown))
        {
            await output.WriteLineAsync(failure);
        }

        if (failures.Count > MostShown)
        {
            await output.WriteLineAsync($"  and {(failures.Count - MostShown).ToString(CultureInfo.InvariantCulture)} more.");
        }

        await output.WriteLineAsync(
            $"{live.ToString(CultureInfo.InvariantCulture)} of {all.ToString(CultureInfo.InvariantCulture)} were answered live with status "
                + $"200 and are stored if their route keeps responses and they may be: {ProgramName.Current} last-good shows what is kept, "
                + $"gateway_last_good_refused_total why one is not.");
    }

    private static bool TryJudge(WarmPlan plan, [NotNullWhen(true)] out Uri? users, [NotNullWhen(false)] out string? problem)
    {
        problem = !Uri.TryCreate(plan.Url, UriKind.Absolute, out users) || users.Scheme is not ("http" or "https")
            ? $"This is no URL of a public listener, given \"{plan.Url}\". Write one like http://127.0.0.1:8080 after --url."
            : plan.AtOnce is < 1 or > MostAtOnce
            ? $"The \"--at-once\" was {plan.AtOnce}. Write a number from 1 to {MostAtOnce}."
            : plan.Headers.FirstOrDefault(static line => line.IndexOf(':', StringComparison.Ordinal) < 1) is { } wrong
            ? $"This is no header, given \"{wrong}\". Write one like \"Accept-Language: de\"."
            : null;
        return problem is null;
    }

    private static async Task<string?> FetchAsync(
        HttpClient client,
        Uri users,
        string line,
        WarmPlan plan,
        CancellationToken cancellationToken)
    {
        try
        {
            var (target, host) = TargetOf(users, line)!.Value;
            using var request = new HttpRequestMessage(HttpMethod.Get, target);
            request.Headers.Host = host ?? plan.Host;
            foreach (var header in plan.Headers)
            {
                var colon = header.IndexOf(':', StringComparison.Ordinal);
                request.Headers.TryAddWithoutValidation(header[..colon].Trim(), header[(colon + 1)..].Trim());
            }

            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            await response.Content.CopyToAsync(Stream.Null, cancellationToken);
            return response.Headers.TryGetValues("X-Fallback", out var step)
                ? $"no tier answered, only the fallback \"{string.Join(',', step)}\""
                : response.StatusCode == HttpStatusCode.OK ? null
                : $"status {((int)response.StatusCode).ToString(CultureInfo.InvariantCulture)}";
        }
        catch (HttpRequestException e)
        {
            return $"no whole response from \"{users}\" ({e.HttpRequestError})";
        }
        catch (Exception e) when (e is IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return e is IOException ? "the response was cut" : $"no response within {Deadline.TotalSeconds:0} s";
        }
    }

    // A URL goes to the public listener as well, with its own host: that is what users ask for, and what the response is kept by.
    private static (Uri Target, string? Host)? TargetOf(Uri users, string line)
    {
        if (line[0] == '/')
        {
            return Uri.TryCreate(users.GetLeftPart(UriPartial.Authority) + line, UriKind.Absolute, out var path) ? (path, null) : null;
        }

        return Uri.TryCreate(line, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? (new Uri(users.GetLeftPart(UriPartial.Authority) + url.PathAndQuery), url.Authority)
            : null;
    }
}
