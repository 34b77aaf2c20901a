using System.Net;
using Gateway.Configuration.Model;
using Gateway.Forwarding.Attempts;
using Gateway.Forwarding.Conversations;
using Gateway.Forwarding.Requests;
using Gateway.Observability.Metrics;
using Gateway.Tests.Support;
using Gateway.Upstream;
using Gateway.Upstream.Http1;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "unit")]
public class AttemptPlanTests
{
    private static readonly AttemptSituation Late = new(
        Now: 100,
        Deadline: 1000,
        AttemptDeadline: 500,
        LastStart: 50,
        HedgeAfter: 40,
        Started: 1,
        Running: 1,
        Max: 3,
        MayRepeat: true,
        MayHedge: true);

    public static TheoryData<string, int, long> Cases() => new()
    {
        { "nothing began", (int)AttemptStepKind.Start, 100 },
        { "the first is late", (int)AttemptStepKind.Hedge, 100 },
        { "the first is not late yet", (int)AttemptStepKind.Wait, 140 },
        { "the attempt ends before it would be late", (int)AttemptStepKind.Wait, 120 },
        { "late, but must not be hedged", (int)AttemptStepKind.Wait, 500 },
        { "late, but all attempts are made", (int)AttemptStepKind.Wait, 500 },
        { "the request ends before the attempt", (int)AttemptStepKind.Wait, 300 },
        { "the first failed", (int)AttemptStepKind.Repeat, 100 },
        { "the first failed and must not be repeated", (int)AttemptStepKind.GiveUp, 100 },
        { "the last failed", (int)AttemptStepKind.GiveUp, 100 },
        { "the request is out of time", (int)AttemptStepKind.GiveUp, 1000 },
        { "out of time before the first", (int)AttemptStepKind.GiveUp, 1000 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Next_Case_Decides(string situation, int kind, long until)
    {
        var now = situation switch
        {
            "nothing began" => Late with { Started = 0, Running = 0, AttemptDeadline = long.MaxValue },
            "the first is late" => Late,
            "the first is not late yet" => Late with { LastStart = 100 },
            "the attempt ends before it would be late" => Late with { LastStart = 100, AttemptDeadline = 120 },
            "late, but must not be hedged" => Late with { MayHedge = false },
            "late, but all attempts are made" => Late with { Started = 3 },
            "the request ends before the attempt" => Late with { MayHedge = false, Deadline = 300 },
            "the first failed" => Late with { Running = 0 },
            "the first failed and must not be repeated" => Late with { Running = 0, MayRepeat = false },
            "the last failed" => Late with { Running = 0, Started = 3 },
            "the request is out of time" => Late with { Now = 1000 },
            "out of time before the first" => Late with { Now = 1000, Started = 0, Running = 0 },
            _ => throw new ArgumentException("No such case.", nameof(situation)),
        };

        Assert.Equal(new AttemptStep((AttemptStepKind)kind, until), AttemptPlan.Next(now));
    }
}

[Trait("kind", "unit")]
public class RetryBudgetTests
{
    [Fact]
    public void Fresh_HasTenSecondsOfItsFloor_AndNoMore()
    {
        var budget = new RetryBudget(0, new ManualTime());

        Assert.Equal(30, Drain(budget));
    }

    [Fact]
    public void Floor_ThreeASecond_WhateverTheTraffic()
    {
        var time = new ManualTime();
        var budget = new RetryBudget(0, time);
        Drain(budget);
        time.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal(12, Drain(budget));
        Assert.Equal(0, Drain(budget));
    }

    [Fact]
    public void Share_OfTheRequests_IsEarnedOnce()
    {
        var time = new ManualTime();
        var budget = new RetryBudget(0.2, time);
        Drain(budget);
        Requests(budget, 1000);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(200, Drain(budget));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3, Drain(budget));
    }

    [Fact]
    public void Cap_LongCalm_KeepsTenSecondsOfEarning()
    {
        var time = new ManualTime();
        var budget = new RetryBudget(0.2, time);
        Requests(budget, 60_000);
        time.Advance(TimeSpan.FromMinutes(10));

        // A hundred requests a second earn twenty.
        Assert.Equal(200, Drain(budget));
    }

    [Fact]
    public void Withdraw_FromManyThreads_NeverGivesMoreThanThereIs()
    {
        var time = new ManualTime();
        var budget = new RetryBudget(0.1, time);
        Drain(budget);
        for (var round = 0; round < 50; round++)
        {
            Requests(budget, 1000);
            time.Advance(TimeSpan.FromSeconds(1));
            var taken = 0;
            Parallel.For(0, 8, _ => Interlocked.Add(ref taken, Drain(budget)));
            Assert.Equal(100, taken);
        }
    }

    /// <summary>
    /// Requests that run out of time at the same moment each get what is theirs: none finds the budget counted and not yet paid in.
    /// </summary>
    [Fact]
    public void Withdraw_OnceByEachOfMany_AllGetTheirs()
    {
        var time = new ManualTime();
        var budget = new RetryBudget(1, time);
        Drain(budget);
        for (var round = 0; round < 200; round++)
        {
            Requests(budget, 64);
            time.Advance(TimeSpan.FromSeconds(1));
            var refused = 0;
            Parallel.For(0, 64, _ => Interlocked.Add(ref refused, budget.TryWithdraw() ? 0 : 1));
            Assert.Equal(0, refused);
        }
    }

    private static int Drain(RetryBudget budget)
    {
        var taken = 0;
        while (budget.TryWithdraw())
        {
            taken++;
        }

        return taken;
    }

    private static void Requests(RetryBudget budget, int count)
    {
        for (var i = 0; i < count; i++)
        {
            budget.Request();
        }
    }
}

[Trait("kind", "unit")]
public class AttemptFailureTests
{
    [Fact]
    public void Classify_ByTypeAndCode_TellsConnectFromResetFromTruncated()
    {
        Assert.Equal(
            AttemptResult.Connect,
            AttemptFailure.Classify(new HttpRequestException(HttpRequestError.ConnectionError), cancelledByUs: false, headReceived: false));
        Assert.Equal(
            AttemptResult.Connect,
            AttemptFailure.Classify(
                new HttpRequestException(HttpRequestError.NameResolutionError),
                cancelledByUs: false,
                headReceived: false));
        Assert.Equal(
            AttemptResult.Connect,
            AttemptFailure.Classify(
                new HttpRequestException(HttpRequestError.SecureConnectionError),
                cancelledByUs: false,
                headReceived: false));
        Assert.Equal(
            AttemptResult.Connect,
            AttemptFailure.Classify(
                new TaskCanceledException("connect timeout", new TimeoutException()),
                cancelledByUs: false,
                headReceived: false));
        Assert.Equal(
            AttemptResult.Reset,
            AttemptFailure.Classify(new HttpRequestException(HttpRequestError.ResponseEnded), cancelledByUs: false, headReceived: false));
        Assert.Equal(
            AttemptResult.Truncated,
            AttemptFailure.Classify(new HttpIOException(HttpRequestError.ResponseEnded), cancelledByUs: false, headReceived: true));
        Assert.Equal(AttemptResult.Cancelled, AttemptFailure.Classify(new IOException(), cancelledByUs: true, headReceived: true));
    }

    [Theory]
    [InlineData(0x7, true)]
    [InlineData(0x2, false)]
    public void IsRefusedStream_OnlyTheCodeThatMeansIt(long code, bool refused) =>
        Assert.Equal(refused, AttemptFailure.IsRefusedStream(new HttpRequestException("x", new HttpProtocolException(code, "y", null))));
}

[Trait("kind", "unit")]
public class HopByHopTests
{
    [Theory]
    [InlineData("Connection", "", true)]
    [InlineData("transfer-encoding", "", true)]
    [InlineData("X-Mine", "", false)]
    [InlineData("X-Mine", "close, x-mine", true)]
    [InlineData("X-Mine", "x-mine-too", false)]
    [InlineData("X-Mine", " , ,X-MINE ,", true)]
    public void Contains_HopByHopOrNamed_IsTrue(string name, string connection, bool ends) =>
        Assert.Equal(ends, HopByHop.Contains(name, connection.Length == 0 ? default : new StringValues(connection)));

    [Fact]
    public void Contains_SeveralLines_AllCount() => Assert.True(HopByHop.Contains("B", new StringValues(["a", "c,b"])));
}

[Trait("kind", "unit")]
public class ForwardedHeadersTests
{
    [Theory]
    [InlineData("10.1.2.3", true, "1.2.3.4, 10.1.2.3")]
    [InlineData("::ffff:10.1.2.3", true, "1.2.3.4, 10.1.2.3")]
    [InlineData("11.1.2.3", false, "11.1.2.3")]
    [InlineData("fd00::1", true, "1.2.3.4, fd00::1")]
    [InlineData("fe80::1", false, "fe80::1")]
    public void Write_TrustedOrNot_ExtendsOrReplaces(string remote, bool trusted, string expected)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(remote);
        context.Request.Scheme = "http";
        context.Request.Host = new HostString("shop.test", 81);
        context.Request.Headers["X-Forwarded-For"] = "1.2.3.4";
        context.Request.Headers["Forwarded"] = "for=1.2.3.4";
        using var message = new HttpRequestMessage();
        var headers = new MessageRequestHeaders(message);

        new ForwardedHeaders([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/8")]).Write(context, ref headers);

        var node = remote.Contains("fd", StringComparison.Ordinal) || remote.Contains("fe", StringComparison.Ordinal)
            ? $"\"[{remote}]\""
            : remote.Replace("::ffff:", "", StringComparison.Ordinal);
        Assert.Equal(expected, message.Headers.NonValidated["X-Forwarded-For"].ToString());
        Assert.Equal((trusted ? "for=1.2.3.4, " : "")
            + $"for={node};host=\"shop.test:81\";proto=http", message.Headers.NonValidated["Forwarded"].ToString());
    }
}

[Trait("kind", "unit")]
public class RequestCopyTests
{
    /// <summary>
    /// Browsers send each cookie as a line of its own over HTTP/2; over HTTP/1.1 there is one line of them (RFC 9113, section 8.2.3).
    /// </summary>
    [Fact]
    public void Copy_SeveralLinesOfOneName_GoOnAsTheyAreButCookiesAsOne()
    {
        var context = new DefaultHttpContext();
        context.Request.Protocol = "HTTP/2";
        context.Request.Headers.Cookie = new(["a=1", "b=2"]);
        context.Request.Headers.Accept = new(["text/x", "text/y"]);
        context.Request.Headers["Content-Length"] = "0";
        var head = new RequestHeadWriter();

        CopierOf().Copy(context, ref head, skipTraceParent: false);

        var lines = System.Text.Encoding.Latin1.GetString(head.Written.Span).Split("\r\n");
        head.Return();
        Assert.Contains("Cookie: a=1; b=2", lines);
        Assert.Equal(["Accept: text/x", "Accept: text/y"], lines.Where(static line => line.StartsWith("Accept", StringComparison.Ordinal)));
        Assert.Contains("Via: 2.0 gateway", lines);
        Assert.DoesNotContain(lines, static line => line.StartsWith("Content-Length", StringComparison.Ordinal));
    }

    /// <summary>The guard at the entrance has refused these; the writers do not rely on that.</summary>
    [Theory]
    [InlineData("X-Odd", "a\r\nInjected: 1")]
    [InlineData("X-Odd", "a\0")]
    [InlineData("X-Odd: b\r\nInjected", "a")]
    [InlineData("X Odd", "a")]
    [InlineData("X-\u00e9", "a")]
    public void Copy_WhatIsNoHeader_IsNotWrittenByEitherWriter(string name, string value)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers[name] = value;
        var head = new RequestHeadWriter();
        using var message = new HttpRequestMessage();
        var headers = new MessageRequestHeaders(message);

        Assert.Throws<UnwritableRequestException>(() => CopierOf().Copy(context, ref head, skipTraceParent: false));
        Assert.Throws<UnwritableRequestException>(() => CopierOf().Copy(context, ref headers, skipTraceParent: false));
        head.Return();
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Copy_TraceParent_StaysUnlessOursTakesItsPlace(bool skip, bool stays)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var head = new RequestHeadWriter();

        CopierOf().Copy(context, ref head, skip);

        Assert.Equal(
            stays,
            System.Text.Encoding.Latin1.GetString(head.Written.Span).Contains("b7ad6b7169203331", StringComparison.Ordinal));
        head.Return();
    }

    private static RequestHeaderCopier CopierOf() => new(new ForwardedHeaders([]));
}

[Trait("kind", "unit")]
public class AffinityTests
{
    [Theory]
    [InlineData(null, null, null)]
    [InlineData("X-Id", null, "from-header")]
    [InlineData(null, "sid", "from-cookie")]
    [InlineData("X-None", null, null)]
    [InlineData(null, "none", null)]
    public void KeyOf_HeaderOrCookie_IsRead(string? header, string? cookie, string? key)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers["X-Id"] = "from-header";
        context.Request.Headers.Cookie = "a=b; sid=from-cookie";

        Assert.Equal(key, Affinity.KeyOf(header is null
            && cookie is null ? null : new AffinityConfig { Header = header, Cookie = cookie }, context.Request));
    }
}

[Trait("kind", "unit")]
public class RequestTargetTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a%2Fb?x=%2e/../", "/a%2Fb?x=%2e/../")]
    [InlineData("/a%252F/.hidden/..b/...", "/a%252F/.hidden/..b/...")]
    [InlineData("//a//", "//a//")]
    [InlineData("/a/./b", "/a/b")]
    [InlineData("/a/b/..", "/a/")]
    [InlineData("/a/b/.", "/a/b/")]
    [InlineData("/../../a", "/a")]
    [InlineData("/..", "/")]
    [InlineData("/a/%2e%2E/%2e/b?q", "/b?q")]
    [InlineData("/a//../b", "/a/b")]
    [InlineData("http://h:1/p%20q?x", "/p%20q?x")]
    [InlineData("http://h", "/")]
    [InlineData("http://h?x", "/?x")]
    [InlineData("*", "/")]
    [InlineData("", "/")]
    [InlineData("host:80", "/")]
    public void Of_AnyForm_IsPathAndQueryAsWritten(string raw, string expected) => Assert.Equal(expected, RequestTarget.Of(raw));
}
