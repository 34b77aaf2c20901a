using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Gateway.Fallback;

/// <summary>
/// Chooses the shape by <c>Accept</c> as RFC 9110, 12.5.1 has it: for each shape the most specific range that names it counts.
/// </summary>
internal static class Negotiation
{
    private const int Shapes = 4;

    // A header of many thousand ranges is an attack, not a wish.
    private const int MostRanges = 64;

    /// <summary>
    /// The shape of the highest weight; between equals the one named more exactly, then the one that the gateway prefers. A client that
    /// accepts none of them gets the problem: the status is what it needs to know, and 406 would hide it.
    /// </summary>
    public static BuiltInFormat Choose(StringValues accept)
    {
        Span<int> weights = stackalloc int[Shapes];
        Span<int> exactness = stackalloc int[Shapes];
        int ranges = 0;
        foreach (string? line in accept)
        {
            ReadOnlySpan<char> rest = line;
            while (!rest.IsEmpty && ranges < MostRanges)
            {
                ReadOnlySpan<char> range = TakeUpTo(',', ref rest).Trim();
                if (!range.IsEmpty)
                {
                    ranges++;
                    Weigh(range, weights, exactness);
                }
            }
        }

        int best = 0;
        for (int i = 1; i < Shapes; i++)
        {
            if (weights[i] > weights[best] || (weights[i] == weights[best] && weights[i] > 0 && exactness[i] > exactness[best]))
            {
                best = i;
            }
        }

        return (BuiltInFormat)best;
    }

    private static void Weigh(ReadOnlySpan<char> range, Span<int> weights, Span<int> exactness)
    {
        ReadOnlySpan<char> rest = range;
        ReadOnlySpan<char> type = TakeUpTo(';', ref rest).Trim();
        int weight = Weight(rest);
        for (int i = 0; i < Shapes; i++)
        {
            int exact = Exactness(type, (BuiltInFormat)i);
            if (exact == 0 || exact < exactness[i])
            {
                continue;
            }

            weights[i] = exact == exactness[i] ? Math.Max(weights[i], weight) : weight;
            exactness[i] = exact;
        }
    }

    private static int Exactness(ReadOnlySpan<char> type, BuiltInFormat shape)
    {
        const int Exact = 3;
        const int Family = 2;
        const int Any = 1;
        if (type is "*/*" or "*")
        {
            return Any;
        }

        return shape switch
        {
            BuiltInFormat.Problem when Is(type, "application/json") || Is(type, "application/problem+json") => Exact,
            BuiltInFormat.Problem when Is(type, "application/*") => Family,
            BuiltInFormat.Html when Is(type, "text/html") => Exact,
            BuiltInFormat.Text when Is(type, "text/plain") => Exact,
            BuiltInFormat.EventStream when Is(type, "text/event-stream") => Exact,
            not BuiltInFormat.Problem when Is(type, "text/*") => Family,
            _ => 0,
        };
    }

    /// <summary>The weight in thousandths. An invalid weight counts as 1: the client wanted the type.</summary>
    private static int Weight(ReadOnlySpan<char> parameters)
    {
        while (!parameters.IsEmpty)
        {
            ReadOnlySpan<char> parameter = TakeUpTo(';', ref parameters).Trim();
            if (parameter.Length > 2 && parameter[0] is 'q' or 'Q' && parameter[1] == '=')
            {
                return double.TryParse(parameter[2..], NumberStyles.AllowDecimalPoint, null, out double q) && q <= 1
                    ? (int)(q * 1000)
                    : 1000;
            }
        }

        return 1000;
    }

    private static bool Is(ReadOnlySpan<char> type, string name) => type.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>Takes the part before the separator; one within quotes does not separate.</summary>
    private static ReadOnlySpan<char> TakeUpTo(char separator, ref ReadOnlySpan<char> rest)
    {
        bool quoted = false;
        for (int i = 0; i < rest.Length; i++)
        {
            if (rest[i] == '"' && (i == 0 || rest[i - 1] != '\\'))
            {
                quoted = !quoted;
            }
            else if (rest[i] == separator && !quoted)
            {
                ReadOnlySpan<char> part = rest[..i];
                rest = rest[(i + 1)..];
                return part;
            }
        }

        ReadOnlySpan<char> last = rest;
        rest = default;
        return last;
    }
}
