using Gateway.Observability;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Serilog.Core;
using Serilog.Events;
using Xunit;

namespace Gateway.Tests.Observability;

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
    public void Query_WithSecrets_IsWrittenWithoutThem(string? query, string written) => Assert.Equal(written, AccessLog.WithoutSecrets(query));

    [Fact]
    public void Query_Long_IsCut() => Assert.True(AccessLog.WithoutSecrets("?q=" + new string('a', 20_000)).Length <= 2048);

    [Fact]
    public void Requests_DegradedAndFailed_AreAlwaysWantedAndOthersSometimes()
    {
        var lines = new Lines();
        using var log = new LogSetup(new LogOptions(), lines);
        var access = new AccessLog(log.Factory.CreateLogger<AccessLog>(), TimeProvider.System);

        Assert.All(Enumerable.Range(0, 1000), _ => Assert.True(access.Wants(RequestOutcome.Degraded) && access.Wants(RequestOutcome.Failed)));
        Assert.InRange(Enumerable.Range(0, 100_000).Count(_ => access.Wants(RequestOutcome.Live)), 500, 1_500);
        log.SetLevel(LogLevel.Warning);
        Assert.False(access.Wants(RequestOutcome.Failed));
    }

    [Fact]
    public void Requests_ManyThatWentWell_AreCountedInsteadAndNoFailedOneIsMissing()
    {
        var (time, lines) = (new ManualTime(), new Lines());
        using (var log = new LogSetup(new LogOptions(), lines))
        {
            var access = new AccessLog(log.Factory.CreateLogger<AccessLog>(), time);
            var context = new DefaultHttpContext();
            context.Request.Method = "GET";
            context.Request.Path = "/a\u001b[31m";
            context.Request.QueryString = new QueryString("?token=s3cret");
            context.Request.Headers.Cookie = "session=s3cret";
            context.Request.Headers.Authorization = "Bearer s3cret";
            for (var i = 0; i < 80; i++)
            {
                access.Tell(context, "recommend", RequestOutcome.Failed, 503, TimeSpan.FromMilliseconds(12));
                access.Tell(context, "recommend", RequestOutcome.Degraded, 200, TimeSpan.FromMilliseconds(12));
                access.Tell(context, "recommend", RequestOutcome.Live, 200, TimeSpan.FromMilliseconds(12));
            }

            time.Advance(TimeSpan.FromSeconds(1));
            access.Tell(context, "recommend", RequestOutcome.Live, 200, TimeSpan.FromMilliseconds(12));
        }

        Assert.Equal(51, lines.All.Count(static l => l.Contains("\"labels.outcome\":\"live\"", StringComparison.Ordinal)));
        Assert.Equal(80, lines.All.Count(static l => l.Contains("\"labels.outcome\":\"failed\"", StringComparison.Ordinal)));
        Assert.Equal(80, lines.All.Count(static l => l.Contains("\"labels.outcome\":\"degraded\"", StringComparison.Ordinal)));
        Assert.Contains(lines.All, static l => l.Contains("30 more requests that went well were not written", StringComparison.Ordinal));
        Assert.Contains("\"http.response.status_code\":503", lines.All[0], StringComparison.Ordinal);
        Assert.Contains("\"event.duration\":12000000", lines.All[0], StringComparison.Ordinal);
        Assert.Contains("\"url.query\":\"token=***\"", lines.All[0], StringComparison.Ordinal);
        Assert.DoesNotContain(lines.All, static l => l.Contains("s3cret", StringComparison.Ordinal) || l.Contains('\u001b', StringComparison.Ordinal));
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
