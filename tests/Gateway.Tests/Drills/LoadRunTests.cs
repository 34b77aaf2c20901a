using System.Diagnostics;
using Gateway.Drills.Load;
using Xunit;

namespace Gateway.Tests.Drills;

[Trait("kind", "socket")]
public class LoadRunTests
{
    private static readonly Scenario Page = new PageScenario("/guide/about");

    [Fact]
    public async Task Run_HealthyTarget_SendsEveryRequestWhenDue()
    {
        await using var server = new ScriptedServer(_ => ScriptedServer.Ok("hello", "X-Guide: p1\r\n"));

        var ledger = await LoadRun.RunAsync(Plan(server.Url, RateProfile.Constant(400, TimeSpan.FromSeconds(2))));

        Assert.Equal(800, ledger.Total);
        Assert.Equal(800, ledger.Count(Outcome.Live));
        Assert.Equal(800, ledger.LiveFrom("p1"));
        Assert.Equal(800, server.Requests);
        Assert.InRange(server.Connections, 1, 400);
        var span = Stopwatch.GetElapsedTime(ledger.Entries[0].Due, ledger.Entries[^1].Due);
        Assert.Equal(1.9975, span.TotalSeconds, tolerance: 0.001);
    }

    [Fact]
    public async Task Run_TargetStallsForASecond_ShowsASecondForEveryoneWhoWaited()
    {
        // The target answers nothing between request 100 and one second later. Whoever counts from the moment of
        // sending on a free connection sees one slow request; the users of an open model are many.
        var stallEnds = new TaskCompletionSource();
        await using var server = new ScriptedServer(async (_, number) =>
        {
            if (number == 100)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
                stallEnds.SetResult();
            }
            else if (number > 100)
            {
                await stallEnds.Task;
            }

            return ScriptedServer.Ok("hello");
        });

        var ledger = await LoadRun.RunAsync(Plan(server.Url, RateProfile.Constant(200, TimeSpan.FromSeconds(2.5))));

        Assert.Equal(500, ledger.Count(Outcome.Live));
        // Upper bounds leave room for a machine that is busy with other tests; a generator that forgave the stall
        // would stay far below the lower ones.
        Assert.InRange(ledger.Latencies().Max.TotalSeconds, 0.95, 2.5);
        Assert.InRange(ledger.Where(entry => entry.Latency > TimeSpan.FromSeconds(0.5)).Total, 90, 350);
    }

    [Fact]
    public async Task Run_NobodyListens_CountsRefused()
    {
        var ledger = await LoadRun.RunAsync(Plan("http://127.0.0.1:"
            + Gateway.Drills.Processes.FreePorts.Next(), RateProfile.Constant(50, TimeSpan.FromSeconds(0.2))));

        Assert.Equal(10, ledger.Count(Outcome.Refused));
        Assert.Equal(10, ledger.Failed);
    }

    [Fact]
    public async Task Run_ResponseNeverComes_EndsAtTheDeadline()
    {
        var never = new TaskCompletionSource<string?>();
        await using var server = new ScriptedServer((_, _) => never.Task);

        var ledger = await LoadRun.RunAsync(Plan(server.Url, RateProfile.Constant(50, TimeSpan.FromSeconds(0.2))) with
        {
            Deadline = TimeSpan.FromSeconds(0.5)
        });
        never.SetResult(null);

        Assert.Equal(10, ledger.Count(Outcome.Timeout));
        Assert.InRange(ledger.Latencies().P50.TotalSeconds, 0.5, 3);
    }

    [Fact]
    public async Task Run_MoreInFlightThanAllowed_CountsUnsent()
    {
        var never = new TaskCompletionSource<string?>();
        await using var server = new ScriptedServer((_, _) => never.Task);

        var ledger = await LoadRun.RunAsync(Plan(server.Url, RateProfile.Constant(100, TimeSpan.FromSeconds(0.2))) with
        {
            Deadline = TimeSpan.FromSeconds(2),
            MaxInFlight = 5,
        });
        never.SetResult(null);

        Assert.Equal(5, ledger.Count(Outcome.Timeout));
        Assert.Equal(15, ledger.Count(Outcome.Unsent));
    }

    public static TheoryData<string, string?> Answers => new()
    {
        { nameof(Outcome.Live), ScriptedServer.Ok("hello") },
        { nameof(Outcome.Live), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" },
        { nameof(Outcome.LastGood), ScriptedServer.Ok("hello", "X-Fallback: last-good\r\n") },
        { nameof(Outcome.File), ScriptedServer.Ok("hello", "X-Fallback: file\r\n") },
        { nameof(Outcome.BuiltIn), "HTTP/1.1 503 No\r\nX-Fallback: built-in\r\nContent-Length: 0\r\n\r\n" },
        { nameof(Outcome.Status), "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" },
        { nameof(Outcome.WrongBody), ScriptedServer.Ok(string.Empty) },
        { nameof(Outcome.Reset), null },
        { nameof(Outcome.Reset), "\0CLOSE" },
        { nameof(Outcome.Truncated), "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello\0CLOSE" },
        { nameof(Outcome.Truncated), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n\0CLOSE" },
        { nameof(Outcome.Truncated), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\0CLOSE" },
        { nameof(Outcome.Truncated), "HTTP/1.1 200 OK\r\nContent-Le\0CLOSE" },
        { nameof(Outcome.Malformed), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhello" },
        { nameof(Outcome.Malformed), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n" },
        { nameof(Outcome.Malformed), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n" },
        { nameof(Outcome.Malformed), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello" },
        { nameof(Outcome.Malformed), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello" },
        { nameof(Outcome.Malformed), "HTTP/1.1 200 OK\r\n\r\nhello" },
        { nameof(Outcome.Malformed), "hello\r\n\r\n" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Run_ResponseOfAKind_IsCountedAsThatKind(string outcome, string? response)
    {
        await using var server = new ScriptedServer(_ => response);

        var ledger = await LoadRun.RunAsync(Plan(server.Url, RateProfile.Constant(100, TimeSpan.FromSeconds(0.05))));

        Assert.Equal($"{outcome.ToLowerInvariant()} 5", ledger.Summary());
    }

    [Fact]
    public async Task Run_ResponseOfAnotherUser_IsAWrongBody()
    {
        await using var server = new ScriptedServer(_ => ScriptedServer.Ok("""{"user":"u0","items":[]}"""));

        var ledger = await LoadRun.RunAsync(Plan(server.Url, RateProfile.Constant(100, TimeSpan.FromSeconds(0.1))) with
        {
            Scenarios = [new RecommendScenario(users: 2)]
        });

        Assert.Equal("live 5, wrongbody 5", ledger.Summary());
    }

    [Fact]
    public async Task Run_ClientsVanish_CountsThemAsNobodysFailure()
    {
        await using var server = new ScriptedServer(_ => ScriptedServer.Ok("hello"));

        var ledger = await LoadRun.RunAsync(Plan(server.Url, RateProfile.Constant(100, TimeSpan.FromSeconds(0.5))) with
        {
            Vanishing = 0.5
        });

        Assert.InRange(ledger.Count(Outcome.Vanished), 10, 40);
        Assert.Equal(50, ledger.Count(Outcome.Vanished) + ledger.Count(Outcome.Live));
        Assert.Equal(0, ledger.Failed);
    }

    [Fact]
    public async Task Run_Stopped_EndsEarlyWithWhatWasSent()
    {
        await using var server = new ScriptedServer(_ => ScriptedServer.Ok("hello"));
        var run = LoadRun.Start(Plan(server.Url, RateProfile.Constant(100, TimeSpan.FromMinutes(5))));
        await run.UntilAsync(TimeSpan.FromSeconds(0.3), TestContext.Current.CancellationToken);

        run.Stop();
        var ledger = await run.Completion;

        Assert.InRange(ledger.Total, 10, 3_000);
        Assert.Equal(ledger.Total, ledger.Count(Outcome.Live));
    }

    private static LoadPlan Plan(string url, RateProfile rate) => new() { Target = LoadTarget.Parse(url), Rate = rate, Scenarios = [Page] };
}
