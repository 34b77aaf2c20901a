using Gateway.Configuration.Model;

namespace Gateway.Configuration.Routing;

/// <summary>
/// Whether a request meets the conditions of a route. Pure, and without garbage where a query parameter is not looked at.
/// </summary>
internal static class RequestConditions
{
    /// <summary>True: the request meets every one.</summary>
    public static bool Hold(ReadOnlySpan<MatchCondition> conditions, HttpRequest request)
    {
        foreach (var condition in conditions)
        {
            if (!Holds(condition, request))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// The value that a condition is held against; null: it is not there, or it is there more than once and each
    /// reader would take another one.
    /// </summary>
    /// <param name="source">Where it is read.</param>
    /// <param name="name">Its name.</param>
    /// <param name="request">The request.</param>
    /// <param name="isThere">It is there, even if there is no one value.</param>
    public static string? ValueOf(MatchSource source, string name, HttpRequest request, out bool isThere)
    {
        if (source == MatchSource.Header)
        {
            isThere = request.Headers.TryGetValue(name, out var values) && values.Count > 0;
            // Several lines are one list (RFC 9110, section 5.3).
            return isThere ? values.Count == 1 ? values[0] ?? "" : string.Join(", ", (IEnumerable<string?>)values) : null;
        }

        return ParameterOf(request.QueryString.Value, name, out isThere);
    }

    private static bool Holds(MatchCondition condition, HttpRequest request)
    {
        var value = ValueOf(condition.Source, condition.Name, request, out var isThere);
        return condition.Test switch
        {
            MatchTest.Exact => string.Equals(value, condition.Value, StringComparison.Ordinal),
            MatchTest.Prefix => value?.StartsWith(condition.Value, StringComparison.Ordinal) == true,
            MatchTest.Present => isThere,
            _ => !isThere,
        };
    }

    private static string? ParameterOf(string? query, string name, out bool isThere)
    {
        isThere = false;
        string? value = null;
        foreach (var pair in new QueryPairs(query))
        {
            if (!pair.IsNamed(name))
            {
                continue;
            }

            if (isThere)
            {
                return null;
            }

            isThere = true;
            value = pair.Value;
        }

        return value;
    }
}
