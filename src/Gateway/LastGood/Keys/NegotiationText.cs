using System.Runtime.CompilerServices;
using Microsoft.Extensions.Primitives;

namespace Gateway.LastGood.Keys;

/// <summary>
/// The values of <c>Accept</c> and <c>Accept-Language</c> in a form in which equal wishes are equal texts: RFC 9111, section 4.1, allows it
/// where the meaning stays.
/// </summary>
internal static class NegotiationText
{
    private const int MostLanguages = 32;
    private const int FullWeight = 1000;

    /// <summary>
    /// Adds media ranges: without blanks, types and parameter names in lower case, weights as thousandths, a weight of one left out. Their
    /// order stays, since services break ties by it.
    /// </summary>
    /// <remarks>
    /// What RFC 9110 does not allow (a weight of 800, two weights, a blank before an equals sign) stays to be seen: services differ in what
    /// they make of it, and what one made of it must not be stored under a key that other users have.
    /// </remarks>
    public static void AppendAccept(StringValues values, ref KeyBuilder key) => AppendItems(Joined(values), empties: false, ref key);

    /// <summary>
    /// Adds languages in the order of their weights, which are left out: <c>de, en;q=0.9</c> and <c>de,en;q=0.5</c> wish for the same. A
    /// language that is refused stays marked.
    /// </summary>
    [SkipLocalsInit]
    public static void AppendLanguages(StringValues values, ref KeyBuilder key)
    {
        var text = Joined(values);
        Span<Language> languages = stackalloc Language[MostLanguages];
        var count = 0;
        for (var at = 0; Next(text, ',', ref at, out var item);)
        {
            if (count == MostLanguages || !TryReadLanguage(text, item, out var language))
            {
                AppendItems(text, empties: true, ref key);
                return;
            }

            var place = count++;
            for (; place > 0 && languages[place - 1].Weight < language.Weight; place--)
            {
                languages[place] = languages[place - 1];
            }

            languages[place] = language;
        }

        for (var i = 0; i < count; i++)
        {
            key.Append(i > 0 ? "," : default);
            key.AppendLowerEscaped(text[languages[i].Tag]);
            key.Append(languages[i].Weight == 0 ? ";q=0" : default);
        }
    }

    private static ReadOnlySpan<char> Joined(StringValues values) => values.Count == 1 ? values[0] : values.ToString();

    private static bool TryReadLanguage(ReadOnlySpan<char> text, Range item, out Language language)
    {
        language = default;
        var (start, length) = item.GetOffsetAndLength(text.Length);
        var semicolon = text.Slice(start, length).IndexOf(';');
        if (semicolon < 0)
        {
            language = new Language(item, FullWeight);
            return true;
        }

        var tag = text.Slice(start, semicolon).TrimEnd(" \t");
        var parameter = text.Slice(start + semicolon + 1, length - semicolon - 1).TrimStart(" \t");
        var equals = parameter.IndexOf('=');
        if (tag.IsEmpty || equals < 0 || !IsWeight(parameter[..equals]))
        {
            return false;
        }

        language = new Language(start..(start + tag.Length), WeightOf(parameter[(equals + 1)..]));
        return language.Weight >= 0;
    }

    private static void AppendItems(ReadOnlySpan<char> text, bool empties, ref KeyBuilder key)
    {
        var at = 0;
        for (var any = false; Next(text, ',', ref at, out var item); any = true)
        {
            key.Append(any ? "," : default);
            AppendItem(text[item], empties, ref key);
        }
    }

    // Media ranges may have empty parameters behind their type, languages may not.
    private static void AppendItem(ReadOnlySpan<char> item, bool empties, ref KeyBuilder key)
    {
        var isPlain = item[0] != ';';
        empties |= !isPlain;
        var at = 0;
        for (var first = true; Next(item, ';', ref at, out var part, empties); first = false)
        {
            var text = item[part];
            var equals = text.IndexOf('=');
            if (first || equals < 0)
            {
                key.Append(first ? default : ";");
                key.AppendLowerEscaped(text);
                isPlain &= !text.IsEmpty && (first || !IsWeight(text));
                continue;
            }

            var name = text[..equals];
            var value = text[(equals + 1)..];
            var isWeight = IsWeight(name);
            var weight = isWeight ? WeightOf(value) : -1;
            var next = at;
            if (weight == FullWeight && isPlain && !Next(item, ';', ref next, out _, empties))
            {
                return;
            }

            isPlain &= !isWeight;
            key.Append(';');
            key.AppendLowerEscaped(name);
            key.Append('=');
            AppendValue(value, isWeight, weight, ref key);
        }
    }

    private static void AppendValue(ReadOnlySpan<char> value, bool isWeight, int weight, ref KeyBuilder key)
    {
        if (weight >= 0)
        {
            AppendThousandths(weight, ref key);
            return;
        }

        // "q=800" is no weight, and not the thousandths of "q=0.8": its first digit is escaped, which no other text has.
        if (isWeight && !value.IsEmpty && value[0] is >= '1' and <= '9' && !value.ContainsAnyExceptInRange('0', '9'))
        {
            key.Append("%3");
        }

        key.AppendEscaped(value);
    }

    private static void AppendThousandths(int weight, ref KeyBuilder key)
    {
        Span<char> digits = stackalloc char[4];
        weight.TryFormat(digits, out var length, default, System.Globalization.CultureInfo.InvariantCulture);
        key.Append(digits[..length]);
    }

    private static bool IsWeight(ReadOnlySpan<char> name) => name is "q" or "Q";

    // In thousandths; -1: no weight of RFC 9110, section 12.4.2.
    private static int WeightOf(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text.Length > 5 || text[0] is not ('0' or '1') || (text.Length > 1 && text[1] != '.'))
        {
            return -1;
        }

        var weight = (text[0] - '0') * FullWeight;
        var unit = 100;
        for (var i = 2; i < text.Length; i++, unit /= 10)
        {
            if (!char.IsAsciiDigit(text[i]))
            {
                return -1;
            }

            weight += (text[i] - '0') * unit;
        }

        return weight > FullWeight ? -1 : weight;
    }

    // The next item without blanks around it, by default one that is not empty; a separator inside quotes does not end one.
    private static bool Next(ReadOnlySpan<char> text, char separator, ref int at, out Range item, bool empties = false)
    {
        // Behind the last separator is one more item, behind the last item there is nothing.
        while (at <= text.Length)
        {
            var start = at;
            var quoted = false;
            while (at < text.Length && (quoted || text[at] != separator))
            {
                quoted ^= text[at] == '"';
                at += quoted && text[at] == '\\' ? 2 : 1;
            }

            var end = Math.Min(at, text.Length);
            at = end + 1;
            while (start < end && text[start] is ' ' or '\t')
            {
                start++;
            }

            while (end > start && text[end - 1] is ' ' or '\t')
            {
                end--;
            }

            if (end > start || empties)
            {
                item = start..end;
                return true;
            }
        }

        item = default;
        return false;
    }

    private readonly record struct Language(Range Tag, int Weight);
}
