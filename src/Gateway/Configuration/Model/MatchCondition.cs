namespace Gateway.Configuration.Model;

/// <summary>A header or a query parameter that a request must have for a route to take it.</summary>
/// <param name="Source">Where the value is read.</param>
/// <param name="Name">A header's name, in any case; or a query parameter's, as clients write it.</param>
/// <param name="Test">What must be true of the value.</param>
/// <param name="Value">The value or its beginning; empty for <see cref="MatchTest.Present"/> and <see cref="MatchTest.Absent"/>.</param>
internal sealed record MatchCondition(MatchSource Source, string Name, MatchTest Test, string Value)
{
    /// <summary>True: no request can meet both.</summary>
    public bool Excludes(MatchCondition other)
    {
        if (Source != other.Source
            || !string.Equals(
                Name,
                other.Name,
                Source == MatchSource.Header ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
        {
            return false;
        }

        if (Test == MatchTest.Absent || other.Test == MatchTest.Absent)
        {
            return Test != other.Test;
        }

        return (Test, other.Test) switch
        {
            (MatchTest.Exact, MatchTest.Exact) => !string.Equals(Value, other.Value, StringComparison.Ordinal),
            (MatchTest.Exact, MatchTest.Prefix) => !Value.StartsWith(other.Value, StringComparison.Ordinal),
            (MatchTest.Prefix, MatchTest.Exact) => !other.Value.StartsWith(Value, StringComparison.Ordinal),
            (MatchTest.Prefix, MatchTest.Prefix) => !Value.StartsWith(other.Value, StringComparison.Ordinal)
                && !other.Value.StartsWith(Value, StringComparison.Ordinal),
            _ => false,
        };
    }

    /// <summary>As <c>check</c> and <c>explain</c> show it: <c>X-Tenant: a</c>, <c>?v=2*</c>, <c>no X-Beta</c>.</summary>
    public override string ToString()
    {
        var name = Source == MatchSource.Header ? Name : $"?{Name}";
        var equals = Source == MatchSource.Header ? ": " : "=";
        return Test switch
        {
            MatchTest.Exact => $"{name}{equals}{Value}",
            MatchTest.Prefix => $"{name}{equals}{Value}*",
            MatchTest.Present => $"{name} present",
            _ => $"no {name}",
        };
    }
}

/// <summary>Where a condition reads its value.</summary>
internal enum MatchSource
{
    /// <summary>A header of the request.</summary>
    Header,

    /// <summary>A parameter of the query.</summary>
    Query,
}

/// <summary>What a condition asks of a value.</summary>
internal enum MatchTest
{
    /// <summary>It is this, in this case.</summary>
    Exact,

    /// <summary>It begins with this, in this case.</summary>
    Prefix,

    /// <summary>It is there, whatever it is.</summary>
    Present,

    /// <summary>It is not there.</summary>
    Absent,
}
