using System.Globalization;
using System.Text.Json;

namespace Gateway.Configuration.Values;

/// <summary>
/// A place in a JSON value: a singular query of RFC 9535, like <c>$.checks[0].status</c> or <c>$['a b']</c>, of at most 16 steps. Pure.
/// </summary>
internal sealed class JsonPlace
{
    private const int MostSteps = 16;

    private readonly List<(string? Name, int Index)> _steps = [];

    private JsonPlace()
    {
    }

    /// <summary>Reads one; false: it is none.</summary>
    public static bool TryParse(string text, out JsonPlace place)
    {
        place = new JsonPlace();
        if (!text.StartsWith('$'))
        {
            return false;
        }

        var rest = text.AsSpan(1);
        while (!rest.IsEmpty)
        {
            if (place._steps.Count == MostSteps || !place.TryTake(ref rest))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What stands there; null: nothing.</summary>
    public JsonElement? Find(JsonElement root)
    {
        var at = root;
        foreach (var (name, index) in _steps)
        {
            if (name is not null)
            {
                if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
                {
                    return null;
                }
            }
            else if (at.ValueKind == JsonValueKind.Array && index < at.GetArrayLength())
            {
                at = at[index];
            }
            else
            {
                return null;
            }
        }

        return at;
    }

    /// <summary>Whether a value is the one that is written: a string's text, or a number, true, false or null.</summary>
    public static bool Is(JsonElement value, string expected) => value.ValueKind switch
    {
        JsonValueKind.String => value.ValueEquals(expected),
        JsonValueKind.Number => string.Equals(value.GetRawText(), expected, StringComparison.Ordinal)
            || (decimal.TryParse(expected, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && value.TryGetDecimal(out var found)
                && found == number),
        JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null => string.Equals(
            value.GetRawText(),
            expected,
            StringComparison.Ordinal),
        _ => false,
    };

    private bool TryTake(ref ReadOnlySpan<char> rest)
    {
        if (rest[0] == '.')
        {
            var end = rest[1..].IndexOfAny('.', '[');
            var name = end < 0 ? rest[1..] : rest.Slice(1, end);
            rest = rest[(1 + name.Length)..];
            _steps.Add((name.ToString(), 0));
            return !name.IsEmpty && !name.ContainsAny(" '\"]*");
        }

        if (rest is not ['[', ..])
        {
            return false;
        }

        if (rest.Length > 1 && rest[1] is '\'' or '"')
        {
            var close = rest[2..].IndexOf(rest[1]);
            if (close < 0 || rest.Length <= close + 3 || rest[close + 3] != ']')
            {
                return false;
            }

            _steps.Add((rest.Slice(2, close).ToString(), 0));
            rest = rest[(close + 4)..];
            return true;
        }

        var bracket = rest.IndexOf(']');
        if (bracket < 2 || bracket > 7 || !int.TryParse(rest[1..bracket], NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            return false;
        }

        _steps.Add((null, index));
        rest = rest[(bracket + 1)..];
        return true;
    }
}
