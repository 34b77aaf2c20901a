using System.Globalization;
using System.Text.Json;
using Gateway.Observability;
using Gateway.Observability.Logging;
using Gateway.Observability.Metrics;
using Gateway.Tests.Configuration;
using Serilog.Events;
using Serilog.Parsing;
using Xunit;

namespace Gateway.Tests.Observability;

/// <summary>The shapes of a request's line, as the page shows them.</summary>
[Trait("kind", "unit")]
public sealed class AccessShapesTests
{
    private const string Clf = "{client} - - [{clfTime}] \"{method} {target} {protocol}\" {status} {bytesOut} \"{userAgent}\" {id}";

    [Theory]
    [InlineData("text", null)]
    [InlineData("json", null)]
    [InlineData("ecs", null)]
    [InlineData("text", Clf)]
    public void Example_InEveryShape_IsTheOneOfThePage(string shape, string? pattern)
    {
        var page = File.ReadAllText(Repository.PathOf("docs", "observability.md"));
        Assert.Contains(Line(shape, AccessEntries.Example, pattern), page, StringComparison.Ordinal);
        Assert.True(pattern is null || page.Contains(pattern.Replace("\"", "\\\"", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("text", null)]
    [InlineData("json", null)]
    [InlineData("ecs", null)]
    [InlineData("text", Clf)]
    public void HostileValues_InEveryShape_StayInsideTheirField(string shape, string? pattern)
    {
        var line = Line(shape, AccessEntries.Hostile, pattern);

        Assert.Equal(1, line.Count(static c => c == '\n'));
        Assert.DoesNotContain(line[..^1], static c => char.IsControl(c) || c is '\u2028' or '\u202e');
        if (shape is not "text")
        {
            var json = JsonDocument.Parse(line).RootElement;
            var request = shape is "json" ? json.GetProperty("request") : json;
            Assert.Equal(
                AccessEntries.Hostile.UserAgent,
                request.GetProperty(shape is "json" ? "userAgent" : "user_agent.original").GetString());
            Assert.Equal(AccessEntries.Hostile.Id, request.GetProperty(shape is "json" ? "id" : "http.request.id").GetString());
            return;
        }

        // Quotes of the line's own alone are not escaped: those around the request and the agent.
        var bare = line.Replace("\\\\", "", StringComparison.Ordinal).Replace("\\\"", "", StringComparison.Ordinal);
        Assert.Equal(4, bare.Count(static c => c == '"'));
    }

    [Fact]
    public void Request_WithoutResponse_SaysSoInEveryShape()
    {
        var entry = AccessEntries.Example with
        {
            Status = 0,
            FirstByte = null,
            Outcome = RequestOutcome.Aborted,
            Cause = TerminationCause.ClientAbort,
            Tier = null,
            Destination = null,
            Cluster = null,
            Tls = null,
            UserAgent = null,
            Attempts = []
        };

        Assert.Contains(
            "HTTP/2\" - outcome=aborted cause=client_abort route=recommend cluster=- tier=- destination=- attempts=-",
            Line("text", entry),
            StringComparison.Ordinal);
        var json = JsonDocument.Parse(Line("json", entry)).RootElement.GetProperty("request");
        Assert.Equal(JsonValueKind.Null, json.GetProperty("status").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("firstByteMs").ValueKind);
        Assert.False(JsonDocument.Parse(Line("ecs", entry)).RootElement.TryGetProperty("http.response.status_code", out _));
        Assert.Equal("- -|-\n", Line("text", entry, "{status} {tier}|{firstByte}"));
    }

    [Theory]
    [InlineData("{status}", "200\n")]
    [InlineData("a {{b}} {status}", "a {b} 200\n")]
    [InlineData("{{{status}}}", "{200}\n")]
    [InlineData("{attempts}", "guide-a/first/reset/3.1ms,guide-b/retry/200/9.0ms\n")]
    [InlineData("{savedBy} {fallback} {cause} {outcome}", "retry none ok live\n")]
    [InlineData("{time} {firstByte} {total} {tls}", "2026-11-26T12:00:00.123Z 12.1 12.3 1.3\n")]
    public void Pattern_Valid_IsFilled(string pattern, string line) => Assert.Equal(line, Line("text", AccessEntries.Example, pattern));

    [Theory]
    [InlineData("{statsu}", "statsu")]
    [InlineData("{}", "")]
    [InlineData("{ status }", " status ")]
    [InlineData("no field", null)]
    [InlineData("{status", null)]
    [InlineData("status}", null)]
    [InlineData("{{status}}", null)]
    [InlineData("", null)]
    public void Pattern_Invalid_IsNone(string pattern, string? unknown)
    {
        Assert.Null(AccessPattern.Parse(pattern, out var found));
        Assert.Equal(unknown, found);
    }

    [Fact]
    public void Fields_OfThePattern_AreOnThePage()
    {
        var page = File.ReadAllText(Repository.PathOf("docs", "observability.md"));
        Assert.All(AccessPattern.Names, name => Assert.Contains($"`{{{name}}}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void Causes_AreOnThePageAndNamedOnce()
    {
        var page = File.ReadAllText(Repository.PathOf("docs", "observability.md"));
        Assert.Equal(Enum.GetValues<TerminationCause>().Length, TerminationCauses.Words.Distinct(StringComparer.Ordinal).Count());
        Assert.All(TerminationCauses.Words, word => Assert.Contains($"\n| `{word}` |", page, StringComparison.Ordinal));
    }

    private static string Line(string shape, AccessEntry entry, string? pattern = null)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        LogSetup.Formatter(Enum.Parse<LogShape>(shape, ignoreCase: true)).Format(
            entry.ToEvent(
                new MessageTemplate([new TextToken("A request ended.")]),
                [
                    new LogEventProperty("SourceContext", new ScalarValue(typeof(AccessLog).FullName)),
                    new LogEventProperty(
                        "EventId",
                        new StructureValue([new("Id", new ScalarValue(AccessLog.EventId)), new("Name", new ScalarValue("Request"))])),
                    .. pattern is null ? [] : new[] { AccessPattern.Parse(pattern, out _)!.Mark },
                ],
                default),
            text);
        return text.ToString();
    }
}
