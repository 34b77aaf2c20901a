using System.Text;

namespace Gateway.Cli;

/// <summary>An explanation for people.</summary>
internal static class ExplanationText
{
    /// <summary>The text of <c>explain</c>.</summary>
    public static string Of(Explanation explanation)
    {
        var request = $"{explanation.Method} {explanation.Url}";
        if (explanation.Refused is 405)
        {
            return $"{request}\n\n"
                + Columns.Wrapped(
                    "No route takes this: the path matches a route, the method does not. The response is 405. Add the method to "
                        + "\"match.methods\" of the route.");
        }

        if (explanation.Refused is not null)
        {
            return $"{request}\n\n"
                + Columns.Wrapped(
                    "No route takes this: the response is 404. Add a route, for example one with the path \"/{**rest}\" for everything "
                        + "else.");
        }

        var text = new StringBuilder(request).Append("\n\n");
        var values = explanation.Values is { Count: > 0 } some
            ? $", {string.Join(", ", some.Select(value => $"{value.Key} = \"{value.Value}\""))}"
            : "";
        Line(text, "Route", $"{explanation.Route} ({explanation.Pattern}{values})");
        if (explanation.Hosts is { } hosts)
        {
            Line(text, "Host", string.Join(", ", hosts));
        }

        if (explanation.Conditions is { } conditions)
        {
            Line(text, "If", string.Join(", ", conditions));
        }

        if (explanation.Redirect is { } redirect)
        {
            Line(text, "Redirect", redirect);
            Numbered(text, "Changes", explanation.Changes ?? []);
            return text.ToString();
        }

        Line(text, "Cluster", explanation.Cluster!);
        Line(text, "Level", $"{explanation.Level}: {explanation.LevelMeans}");
        Numbered(text, "Tiers", explanation.Tiers ?? []);
        Line(text, "Weights", "the file's; ./gateway status has those that operators gave (./gateway weight)");
        if (explanation.Zone is { } zone)
        {
            Line(text, "Zone", zone);
        }

        Line(text, "Attempts", explanation.Attempts!);
        Line(text, "Retryable", $"{(explanation.Retryable is true ? "yes" : "no")}: {explanation.RetryableBecause}");
        Line(text, "Deadlines", explanation.Deadlines!);
        Line(text, "Buffers", explanation.Buffers!);
        if (explanation.Mirror is { } mirror)
        {
            Line(text, "Mirror", mirror);
        }

        if (explanation.Via is { } via)
        {
            Line(text, "Via", via);
        }

        Numbered(text, "Signals", explanation.Signals ?? []);
        Numbered(text, "Runbooks", explanation.Runbooks ?? []);
        Numbered(text, "Drills", explanation.Drills ?? []);
        Numbered(text, "Changes", explanation.Changes ?? []);
        Numbered(text, "Fallback", explanation.Fallback ?? []);
        return text.ToString();
    }

    private static void Line(StringBuilder text, string name, string value) => Columns.Append(text, name.PadRight(12), value, 12);

    private static void Numbered(StringBuilder text, string name, IReadOnlyList<string> values)
    {
        for (var i = 0; i < values.Count; i++)
        {
            Columns.Append(text, (i == 0 ? name : "").PadRight(12), $"{i + 1}. {values[i]}", 15);
        }
    }
}
