using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>
/// The kinds of values that stand at keys. Every schema also lets a text with <c>${</c> pass: what the environment fills in is judged at
/// the start.
/// </summary>
internal static class Schemas
{
    public const string FromEnvironment = @"\$\{";

    /// <summary>A duration between two limits.</summary>
    public static TextSchema<TimeSpan> Duration(string from, string to)
    {
        var (least, most) = (DurationText.Parse(from, out _)!.Value, DurationText.Parse(to, out _)!.Value);
        var what = $"a duration from {from} to {to}";
        return new(what, DurationText.Rule, () => Pattern(DurationText.Pattern), text =>
            DurationText.Parse(text, out var instead) is not { } duration ? Parsed<TimeSpan>.Bad(instead)
            : duration < least || duration > most
                ? Parsed<TimeSpan>.Bad($"Write {(duration < least ? $"{from} or more" : $"{to} or less")}")
            : duration);
    }

    /// <summary>A number of bytes between two limits.</summary>
    public static TextSchema<long> Size(string from, string to)
    {
        var (least, most) = (SizeText.Parse(from, out _)!.Value, SizeText.Parse(to, out _)!.Value);
        return new($"a size from {from} to {to}", SizeText.Rule, () => Pattern(SizeText.Pattern), text =>
            SizeText.Parse(text, out var instead) is not { } size ? Parsed<long>.Bad(instead)
            : size < least || size > most ? Parsed<long>.Bad($"Write {(size < least ? $"{from} or more" : $"{to} or less")}")
            : size);
    }

    /// <summary>A ratio from above <paramref name="above"/> to <paramref name="to"/>, written as a percentage.</summary>
    public static TextSchema<double> Percent(double above, double to, bool toIncluded = true)
    {
        var limits = $"above {PercentText.Format(above)} and {(toIncluded ? "up to" : "below")} {PercentText.Format(to)}";
        return new($"a percentage {limits}", PercentText.Rule, () => Pattern(PercentText.Pattern), text =>
            PercentText.Parse(text, out var instead) is not { } ratio ? Parsed<double>.Bad(instead)
            : ratio <= above || ratio > to || (!toIncluded && ratio >= to) ? Parsed<double>.Bad($"Write a percentage {limits}")
            : ratio);
    }

    /// <summary>A share that can be none at all; off: 0.</summary>
    public static TextSchema<double> ShareOrOff() =>
        new("off or a percentage above 0% and up to 100%", "Write off, or a percentage like 1%", static () => new JsonObject
        {
            ["anyOf"] = new JsonArray(new JsonObject { ["enum"] = new JsonArray("off") }, Pattern(PercentText.Pattern)),
        }, static text => string.Equals(text, "off", StringComparison.Ordinal) ? 0
            : PercentText.Parse(text, out var instead) is { } ratio and > 0 ? ratio
            : string.Equals(instead, PercentText.Rule, StringComparison.Ordinal) ? Parsed<double>.Bad()
            : Parsed<double>.Bad(instead));

    /// <summary>A whole number between two limits.</summary>
    public static TextSchema<int> Integer(int from, int to) =>
        new(
            from == to ? $"the number {from}" : $"a whole number from {from} to {to}",
            from == to ? $"Write {from}" : $"Write a whole number from {from} to {to}",
            () => WholeSchema(from, to),
            text =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= from && number <= to
                ? number
                : Parsed<int>.Bad());

    /// <summary>True or false.</summary>
    public static TextSchema<bool> Boolean() =>
        new(
            "true or false",
            "Write true or false",
            () => new JsonObject { ["type"] = new JsonArray("boolean", "string"), ["pattern"] = FromEnvironment },
            text => text switch
        {
            "true" => true,
            "false" => false,
            _ => Parsed<bool>.Bad(),
        });

    /// <summary>One of a few words.</summary>
    public static TextSchema<T> Enum<T>(params (string Word, T Value)[] words)
    {
        var listed = string.Join(", ", words.Select(word => word.Word));
        return new(
            words.Length == 1 ? $"\"{listed}\"" : $"one of {listed}",
            $"Write {(words.Length == 1 ? "" : "one of ")}{listed}",
            Schema,
            text =>
        {
            foreach (var (word, value) in words)
            {
                if (string.Equals(word, text, StringComparison.Ordinal))
                {
                    return value;
                }
            }

            return DidYouMean.Of(text, words.Select(word => word.Word)) is { } nearest
                ? Parsed<T>.Bad($"Write \"{nearest}\" instead")
                : Parsed<T>.Bad();
        });

        JsonObject Schema() => new()
        {
            ["anyOf"] = new JsonArray(
                new JsonObject { ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word.Word)]) },
                new JsonObject { ["type"] = "string", ["pattern"] = FromEnvironment }),
        };
    }

    /// <summary>Any text that is not empty.</summary>
    public static TextSchema<string> Text(string what, string rule, int longest = 1024) =>
        new(what, rule, () => new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = longest }, text =>
            text.Length > 0 && text.Length <= longest
                ? text
                : Parsed<string>.Bad(text.Length == 0 ? null : $"Write at most {longest} characters"));

    /// <summary>A text that keeps to a rule, which the pattern tells to editors as well as it can.</summary>
    public static TextSchema<string> Text(string what, string rule, string pattern, Func<string, bool> holds) =>
        new(what, rule, () => Pattern(pattern), text => holds(text) ? text : Parsed<string>.Bad());

    /// <summary>The name of a zone; an empty one, which <c>${NAME:-}</c> gives, is none.</summary>
    public static TextSchema<string?> Zone() =>
        new(
            "the name of a zone",
            "Write letters, digits, dots, dashes and underscores, at most 63",
            () => Pattern(@"^[A-Za-z0-9._-]{0,63}$|\$\{"),
            text => text.Length == 0 ? null
                : text.Length <= 63 && NameText.IsName(text) ? text
                : Parsed<string?>.Bad());

    /// <summary>A secret; an empty one, which <c>${NAME:-}</c> gives, is none.</summary>
    public static TextSchema<string?> Secret(string what) =>
        new(
            what,
            "Write \"${NAME}\" and set NAME in the environment, or a text without spaces or control characters, at most 1024 characters",
            () => new JsonObject { ["type"] = "string", ["maxLength"] = 1024 },
            text => text.Length <= 1024 && !text.Any(letter => char.IsControl(letter) || char.IsWhiteSpace(letter))
                ? (text.Length == 0 ? null : text)
                : Parsed<string?>.Bad(), secret: true);

    /// <summary>A secret that may not be empty.</summary>
    /// <param name="variable">For the message: the variable that may hold it.</param>
    public static TextSchema<string> RequiredSecret(string variable)
    {
        var secret = Secret("a secret text");
        return new TextSchema<string>(
            "a secret text that is not empty",
            $"Write \"${{{variable}}}\" and set it in the environment",
            secret.ToSchema,
            text => text.Length is > 0 and <= 1024 && !text.Any(letter => char.IsControl(letter) || char.IsWhiteSpace(letter))
                ? text
                : Parsed<string>.Bad(), secret: true);
    }

    /// <summary>The name of a header or a cookie, or a method: a token of RFC 9110, section 5.6.2.</summary>
    public static TextSchema<string> Token(string what) =>
        Text(what, "Write letters, digits and dashes", @"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$|\$\{", IsToken);

    /// <summary>An upper-case method.</summary>
    public static TextSchema<string> Method() =>
        new("a method in capitals", "Write a method like GET", () => Pattern(@"^[A-Z][A-Z-]{0,31}$|\$\{"), text =>
            text.Length is > 0 and <= 32
                && char.IsAsciiLetterUpper(text[0])
                && text.All(letter => char.IsAsciiLetterUpper(letter) || letter == '-') ? text
            : text.All(char.IsAsciiLetter) && text.Length is > 0 and <= 32
                ? Parsed<string>.Bad($"Write \"{text.ToUpperInvariant()}\"")
                : Parsed<string>.Bad());

    /// <summary>A path of the file system; relative ones start at the working directory.</summary>
    public static TextSchema<string> Path(string what)
    {
        return new(
            what,
            "Write a path; a relative one starts at the folder in which the gateway is started",
            () => new JsonObject { ["type"] = "string", ["minLength"] = 1 },
            Absolute);

        static Parsed<string> Absolute(string text)
        {
            if (text.Length is 0 or > 4096 || text.Contains('\0', StringComparison.Ordinal))
            {
                return Parsed<string>.Bad();
            }

            try
            {
                return System.IO.Path.GetFullPath(text);
            }
            catch (Exception failure) when (failure is ArgumentException or IOException or NotSupportedException)
            {
                return Parsed<string>.Bad();
            }
        }
    }

    /// <summary>True for a token of RFC 9110.</summary>
    public static bool IsToken(string text) =>
        text.Length is > 0 and <= 128
            && text.All(letter => char.IsAsciiLetterOrDigit(letter) || "!#$%&'*+-.^_`|~".Contains(letter, StringComparison.Ordinal));

    /// <summary>A text with a pattern.</summary>
    public static JsonObject Pattern(string pattern) => new() { ["type"] = "string", ["pattern"] = pattern };

    /// <summary>A number, or a text that the environment fills.</summary>
    public static JsonObject WholeSchema(int from, int to) => new()
    {
        ["type"] = new JsonArray("integer", "string"),
        ["minimum"] = from,
        ["maximum"] = to,
        ["pattern"] = FromEnvironment,
    };
}
