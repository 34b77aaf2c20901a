using System.Text.Json;
using Gateway.Observability;
using Gateway.Observability.Logging;
using Gateway.Observability.Metrics;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Serilog.Core;
using Serilog.Events;
using Xunit;

namespace Gateway.Tests.Observability;

[Trait("kind", "unit")]
public sealed class AccessLogTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("?", "")]
    [InlineData("?category=shoes&n=3", "?category=shoes&n=3")]
    [InlineData("?category=shoes&access_token=abc&n=3", "?category=shoes&access_token=***&n=3")]
    [InlineData("?Api-KEY=abc", "?Api-KEY=***")]
    [InlineData("?to%6Ben=abc", "?to%6Ben=***")]
    [InlineData("?password=a=b", "?password=***")]
    [InlineData("?abc", "?***")]
    public void Query_WithSecrets_IsWrittenWithoutThem(string? query, string written) =>
        Assert.Equal(written, AccessLog.WithoutSecrets(query));

    [Fact]
    public void Query_Long_IsCut() => Assert.True(AccessLog.WithoutSecrets("?q=" + new string('a', 20_000)).Length <= 2048);

    public static TheoryData<string, int, bool> Always => new()
    {
        { nameof(RequestOutcome.Degraded), 200, false },
        { nameof(RequestOutcome.Failed), 503, false },
        { nameof(RequestOutcome.Failed), 200, false },
        { nameof(RequestOutcome.Aborted), 502, false },
        { nameof(RequestOutcome.Live), 200, true },
    };

    [Theory]
    [MemberData(nameof(Always))]
    public void Request_OfWhatIsAlwaysWritten_IsAtEveryLevel(string outcome, int status, bool isRetried)
    {
        using var log = new LogSetup(new LogOptions(), new Lines());
        foreach (var level in Enum.GetValues<AccessLevel>())
        {
            var access = new AccessLog(log, new AccessOptions(level, null), TimeProvider.System);
            Assert.All(
                Enumerable.Range(0, 1000),
                _ => Assert.True(access.Wants(Record(isRetried), Enum.Parse<RequestOutcome>(outcome), status)));
        }
    }

    [Theory]
    [InlineData("All", 20_000, 20_000)]
    [InlineData("Errors", 0, 0)]
    [InlineData("Sampled", 1, 50)]
    public void Request_OfTheOthers_IsWrittenByTheLevel(string level, int least, int most)
    {
        // The clock stands still: one second.
        using var log = new LogSetup(new LogOptions(), new Lines());
        var access = new AccessLog(log, new AccessOptions(Enum.Parse<AccessLevel>(level), null), new ManualTime());
        var record = Record(isRetried: false);

        Assert.InRange(
            Enumerable.Range(0, 20_000).Count(i => access.Wants(
                record,
                i % 2 == 0 ? RequestOutcome.Live : RequestOutcome.Refused,
                i % 2 == 0 ? 200 : 400)),
            least,
            most);
        log.SetLevel(LogLevel.Warning);
        Assert.False(access.Wants(record, RequestOutcome.Failed, 503));
        Assert.False(access.WantsUnmatched());
    }

    [Theory]
    [InlineData("All", 100)]
    [InlineData("Sampled", 50)]
    [InlineData("Errors", 0)]
    public void Request_WithoutARoute_IsWrittenByTheLevelAndWithinTheRate(string level, int written)
    {
        using var log = new LogSetup(new LogOptions(), new Lines());
        var access = new AccessLog(log, new AccessOptions(Enum.Parse<AccessLevel>(level), null), new ManualTime());
        Assert.Equal(written, Enumerable.Range(0, 100).Count(_ => access.WantsUnmatched()));
    }

    [Fact]
    public void Requests_ManyWithoutARoute_AreCountedInsteadAndTheCountIsWritten()
    {
        var (time, lines) = (new ManualTime(), new Lines());
        using (var log = new LogSetup(new LogOptions(), lines))
        {
            var access = new AccessLog(log, AccessOptions.Default, time);
            Assert.Equal(50, Enumerable.Range(0, 80).Count(_ => access.WantsUnmatched()));
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.True(access.WantsUnmatched());
        }

        Assert.Contains(lines.All, static l => l.Contains("30 more requests that went well were not written", StringComparison.Ordinal));
    }

    [Fact]
    public void Options_ChangedWhileRunning_ApplyAtOnce()
    {
        using var log = new LogSetup(new LogOptions(), new Lines());
        var access = new AccessLog(log, new AccessOptions(AccessLevel.Errors, null), TimeProvider.System);
        Assert.False(access.Wants(Record(isRetried: false), RequestOutcome.Live, 200));

        access.Use(new AccessOptions(AccessLevel.All, null));

        Assert.True(access.Wants(Record(isRetried: false), RequestOutcome.Live, 200));
    }

    [Fact]
    public void Write_OfARequest_TakesNothingThatIsSecretAndForgesNoLine()
    {
        var lines = new Lines();
        using (var log = new LogSetup(new LogOptions(), lines))
        {
            var access = new AccessLog(log, AccessOptions.Default, TimeProvider.System);
            var context = new DefaultHttpContext { TraceIdentifier = "id-1" };
            context.Request.Method = "GET";
            context.Request.Path = "/a\u001b[31m";
            context.Request.Protocol = "HTTP/1.1";
            context.Request.QueryString = new QueryString("?token=s3cret");
            context.Request.Headers.Cookie = "session=s3cret";
            context.Request.Headers.Authorization = "Bearer s3cret";
            context.Request.Headers.UserAgent = "odd\r\nforged";
            var record = Record(isRetried: true);
            (record.Cause, record.BytesIn, record.BytesOut) = (TerminationCause.Status5xx, 3, 4);
            access.Write(context, record, RequestOutcome.Failed, 503, TimeSpan.FromMilliseconds(12), "192.0.2.1");
        }

        var json = JsonDocument.Parse(Assert.Single(lines.All)).RootElement;
        Assert.Equal("id-1", json.GetProperty("http.request.id").GetString());
        Assert.Equal(503, json.GetProperty("http.response.status_code").GetInt32());
        Assert.Equal(12_000_000, json.GetProperty("event.duration").GetInt64());
        Assert.Equal("token=***", json.GetProperty("url.query").GetString());
        Assert.Equal("192.0.2.1", json.GetProperty("source.ip").GetString());
        Assert.Equal("status_5xx", json.GetProperty("labels.cause").GetString());
        Assert.Equal(["first", "retry"], json.GetProperty("gateway.attempts")
            .EnumerateArray()
            .Select(static a => a.GetProperty("purpose").GetString()));
        Assert.False(json.TryGetProperty("trace.id", out _));
        Assert.DoesNotContain("s3cret", lines.All[0], StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", lines.All[0], StringComparison.Ordinal);
        Assert.Equal(1, lines.All[0].Count(static c => c == '\n'));
    }

    private static RequestRecord Record(bool isRetried)
    {
        var record = new RequestRecord("recommend", "ai-guide", 0);
        record.Add(new Attempt("first"));
        if (isRetried)
        {
            record.Add(new Attempt("retry"));
        }

        return record;
    }

    private sealed class Attempt(string purpose) : IAttemptRecord
    {
        public string DestinationName => "a";

        public string TierName => "primary";

        public string PurposeName => purpose;

        public bool IsRetry => purpose is "retry";

        public AttemptResult? Ended => AttemptResult.Success;

        public int Status => 200;

        public TimeSpan Took => TimeSpan.FromMilliseconds(1);

        public IAttemptRecord? Before { get; set; }
    }

    private sealed class Lines : ILogEventSink
    {
        public List<string> All { get; } = [];

        public void Emit(LogEvent logEvent)
        {
            using var text = new StringWriter();
            new EcsLine().Format(logEvent, text);
            All.Add(text.ToString());
        }
    }
}
