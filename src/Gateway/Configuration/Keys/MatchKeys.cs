using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Routing;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of <c>match</c>: which requests a route takes.</summary>
internal static class MatchKeys
{
    private const string TokenPattern = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$";
    private const int LongestValue = 1024;

    /// <summary>Which requests a route takes.</summary>
    public static RecordSchema<Matched> Match { get; } =
        new RecordSchema<Matched>("a mapping of path, host, methods, headers and query", static () => new Matched())
        .Key(
            "path",
            Schemas.Text(
                "a route pattern",
                "Write a pattern that begins with a slash, like /api/{name} or \"/guide/{**rest}\"",
                @"^/|\$\{",
                static text => text.Length <= LongestValue && text.StartsWith('/') && !text.Any(char.IsControl)),
            static (match, value) => match with { Path = value },
            "An ASP.NET route pattern. The most exact pattern wins, wherever it stands in the file.",
            required: true)
        .Key(
            "host",
            new OneOrMoreSchema<string>(Host()),
            static (match, value) => match with { Hosts = [.. value.Distinct(StringComparer.Ordinal)] },
            "Hosts it is for, in any case and at any port; *.name stands for every name below. A route with a host goes before one "
                + "without, whatever their paths; every host when left out.")
        .Key(
            "methods",
            new ListSchema<string>(Schemas.Method(), atLeast: 1),
            static (match, value) => match with { Methods = [.. value.Distinct(StringComparer.Ordinal)] },
            "The methods it is for; every method when left out.")
        .Key(
            "headers",
            Conditions(MatchSource.Header),
            static (match, value) => match with { Headers = value },
            "Headers that a request must have, all of them: NAME: value, NAME: { prefix: text }, NAME: { present: true } or { present: "
                + "false }. Of routes with equal paths the one with more conditions goes first.")
        .Key(
            "query",
            Conditions(MatchSource.Query),
            static (match, value) => match with { Query = value },
            "Query parameters that a request must have, written like headers; names and values are compared decoded and in this case.");

    /// <summary>What was read.</summary>
    internal sealed record Matched
    {
        public string Path { get; init; } = "";

        public ImmutableArray<string> Hosts { get; init; } = [];

        public ImmutableArray<string> Methods { get; init; } = [];

        public ImmutableArray<MatchCondition> Headers { get; init; } = [];

        public ImmutableArray<MatchCondition> Query { get; init; } = [];
    }

    private static TextSchema<string> Host() =>
        new(
            "a host name",
            "Write a name like shop.example, or \"*.shop.example\" for every name below it",
            static () => Schemas.Pattern(@"^(\*\.)?[A-Za-z0-9._-]+$|^\[[0-9A-Fa-f:.]+\]$|\$\{"),
            static text =>
        {
            if (HostName.IsPattern(text))
            {
                return text.ToLowerInvariant();
            }

            if (text.Contains("://", StringComparison.Ordinal))
            {
                return Parsed<string>.Bad("Write the name alone, without scheme and path");
            }

            if (text.All(char.IsAscii) && HostName.Of(text) is var name && name.Length < text.Length && HostName.IsPattern(name.ToString()))
            {
                return Parsed<string>.Bad($"The port does not matter: write \"{name}\"");
            }

            if (!text.All(char.IsAscii))
            {
                return Parsed<string>.Bad("Browsers send such a name in ASCII: write it that way, with xn--");
            }

            return Parsed<string>.Bad();
        });

    private static MapSchema<MatchCondition, MatchCondition> Conditions(MatchSource source)
    {
        var isHeader = source == MatchSource.Header;
        return new(
            isHeader ? "headers" : "query parameters",
            isHeader ? TokenPattern : "^[^\\x00-\\x1f]{1,128}$",
            isHeader ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal,
            isHeader ? HeaderProblem : static name => name.Length is > 0 and <= 128 && !name.Any(char.IsControl)
                ? null
                : $"This is no name of a query parameter, given {Reader.Quote(name)}. Write 1 to 128 characters.",
            new EitherSchema<MatchCondition>(
                Value(source),
                new RecordSchema<MatchCondition>(
                    "a mapping with prefix or present",
                    () => new MatchCondition(source, "", MatchTest.Exact, ""))
                .Key(
                    "prefix",
                    Beginning(source),
                    static (condition, value) => condition with { Test = MatchTest.Prefix, Value = value },
                    "What the value begins with.")
                .Key("present", Schemas.Boolean(), static (condition, value) => condition with
                {
                    Test = condition.Test == MatchTest.Prefix
                    ? MatchTest.Prefix
                    : value ? MatchTest.Present
                    : MatchTest.Absent
                }, "true: it must be there, whatever it is; false: it must not be there.")
                .Finish(OneOfBoth)),
            static (name, condition) => condition with { Name = name });
    }

    private static MatchCondition OneOfBoth(MatchCondition condition, string path, Reader reader)
    {
        var (prefix, present) = (reader.IsWritten($"{path}/prefix"), reader.IsWritten($"{path}/present"));
        if (prefix == present && !reader.IsBad(path))
        {
            reader.ProblemAt(path, prefix
                ? "Both \"prefix\" and \"present\" stand here. Write one of them: a value that begins so is present."
                : "A condition needs a value, given an empty mapping. Write a value, { prefix: text } or { present: true }.");
        }

        return condition;
    }

    private static string? HeaderProblem(string name) =>
        !Schemas.IsToken(name) ? $"This is no header's name, given {Reader.Quote(name)}. Write letters, digits and dashes."
        : string.Equals(name, "Host", StringComparison.OrdinalIgnoreCase)
            ? $"The host has a key of its own, given {Reader.Quote(name)}. Write \"host\" beside \"headers\"."
        : null;

    private static TextSchema<MatchCondition> Value(MatchSource source) => new(
        "a value", Rule(source),
        static () => new JsonObject { ["type"] = new JsonArray("string", "integer", "boolean"), ["maxLength"] = LongestValue },
        text => IsValue(text, source) ? new MatchCondition(source, "", MatchTest.Exact, text) : Parsed<MatchCondition>.Bad());

    private static TextSchema<string> Beginning(MatchSource source) => new(
        "the beginning of a value", Rule(source),
        static () => new JsonObject { ["type"] = new JsonArray("string", "integer"), ["minLength"] = 1, ["maxLength"] = LongestValue },
        text =>
            text.Length == 0
                ? Parsed<string>.Bad("Every value begins so: write { present: true }")
                : IsValue(text, source) ? text
                : Parsed<string>.Bad());

    private static string Rule(MatchSource source) => source == MatchSource.Header
        ? $"Write up to {LongestValue} visible ASCII characters, with blanks only between them"
        : $"Write it decoded, up to {LongestValue} characters without control characters";

    private static bool IsValue(string text, MatchSource source) =>
        text.Length <= LongestValue
            && (source == MatchSource.Query ? !text.Any(char.IsControl) : text is not ([' ', ..] or [.., ' '])
                && text.All(static letter => letter is >= ' ' and <= '~'));
}
