using System.Diagnostics;
using System.Text.Json;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Notifications;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Notifications;

[Trait("kind", "socket")]
public sealed class NotifierTests : IAsyncDisposable
{
    private static readonly Transition Failover = new(
        "ai-guide",
        "primary",
        "standby",
        TransitionReason.Failover,
        "tier 'primary': a is down",
        TimeProvider.System.GetUtcNow());

    private readonly Instruments _instruments = new(NullLogger<Instruments>.Instance);
    private readonly Journal _journal = new(0);
    private readonly Notifier _notifier;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public NotifierTests() => _notifier = new Notifier(_instruments, _journal, TimeProvider.System, NullLoggerFactory.Instance);

    [Fact]
    public async Task Failover_IsToldToTheWebhookThatWantsIt()
    {
        await using var hook = await Receiver.StartAsync();
        await using var other = await Receiver.StartAsync();
        await UseAsync(Webhook(hook.Url, NotifyEvent.Failover), Webhook(other.Url, NotifyEvent.Exhausted));

        _notifier.Publish(Failover);
        await ToldAsync("webhook 127.0.0.1:" + hook.Url.Port + " was told of failover.");

        var json = JsonDocument.Parse(Assert.Single(hook.All).Body).RootElement;
        Assert.Equal("failover", json.GetProperty("event").GetString());
        Assert.Equal("ai-guide", json.GetProperty("cluster").GetString());
        Assert.Equal("primary", json.GetProperty("from").GetString());
        Assert.Equal("standby", json.GetProperty("to").GetString());
        Assert.Equal("ai-guide: standby serves instead of primary.", json.GetProperty("text").GetString());
        Assert.Equal("tier 'primary': a is down", json.GetProperty("evidence").GetString());
        Assert.Empty(other.All);
    }

    [Fact]
    public async Task Webhook_FailsTwice_IsToldAtTheThirdAttempt()
    {
        await using var hook = await Receiver.StartAsync(static (n, context) => Receiver.Status(context, n switch
        {
            1 => 503,
            2 => 429,
            _ => 204
        }));
        await UseAsync(Webhook(hook.Url, NotifyEvent.Failover));

        _notifier.Publish(Failover);

        await ToldAsync("was told of failover at attempt 3.");
    }

    [Fact]
    public async Task Webhook_SaysThatItIsWrong_IsNotAskedAgain()
    {
        await using var hook = await Receiver.StartAsync(static (_, context) => Receiver.Status(context, 404));
        await UseAsync(Webhook(new Uri(hook.Url, "/s3cret-path"), NotifyEvent.Failover));

        _notifier.Publish(Failover);

        await ToldAsync("could not be told of failover, 1 attempts: it answered 404.");
        Assert.Single(hook.All);
        Assert.DoesNotContain(_journal.Recent(10), static e => e.Text.Contains("s3cret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Webhook_NeverAnswers_HoldsUpNobody()
    {
        await using var dead =
            await Receiver.StartAsync(static (_, context) => Task.Delay(
                Timeout.InfiniteTimeSpan,
                TimeProvider.System,
                context.RequestAborted));
        await using var alive = await Receiver.StartAsync();
        await UseAsync(
            Webhook(dead.Url, NotifyEvent.Failover) with { Timeout = TimeSpan.FromMilliseconds(100) },
            Webhook(alive.Url, NotifyEvent.Failover));
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < 200; i++)
        {
            _notifier.Publish(Failover);
        }

        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(1));
        await Eventually.BeTrueAsync(
            () => alive.All.Count == NotifyWorker.MaxAMinute,
            TimeSpan.FromSeconds(20),
            "the other one gets what a minute allows");
        await ToldAsync("could not be told of failover, 5 attempts: it took longer than 0.1 s.");
        await Eventually.BeTrueAsync(() => Sample("dropped") >= 100, TimeSpan.FromSeconds(30), "the rest is dropped and counted");
    }

    [Fact]
    public async Task Program_IsStartedWithoutAShellAndGetsTheJson()
    {
        var script = Script("printf '%s\\n' \"$@\" \"$GATEWAY_EVENT\" \"$GATEWAY_TO\" > \"$0.args\"; cat > \"$0.json\"");
        await UseAsync(Program(script, "$(touch pwned); `id`", "a b"));

        _notifier.Publish(Failover);
        await ToldAsync("program restart.sh was told of failover.");

        Assert.Equal([
            "$(touch pwned); `id`",
            "a b",
            "failover",
            "standby"
        ], await File.ReadAllLinesAsync(script + ".args", TestContext.Current.CancellationToken));
        Assert.Equal(
            "failover",
            JsonDocument.Parse(await File.ReadAllTextAsync(script + ".json", TestContext.Current.CancellationToken)).RootElement
                .GetProperty("event")
                .GetString());
    }

    [Fact]
    public async Task Program_RunsTooLong_IsKilledWithItsChildren()
    {
        var script = Script("sleep 600 & echo $! >> \"$0.pids\"; echo $$ >> \"$0.pids\"; wait");
        await UseAsync(Program(script) with { Timeout = TimeSpan.FromMilliseconds(500) });

        _notifier.Publish(Failover);
        await ToldAsync("program restart.sh could not be told of failover, 5 attempts: it took longer than 0.5 s.");

        var pids = await File.ReadAllLinesAsync(script + ".pids", TestContext.Current.CancellationToken);
        Assert.NotEmpty(pids);
        await Eventually.BeTrueAsync(() => pids.All(static pid => !Directory.Exists($"/proc/{pid}")
            || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal)), TimeSpan.FromSeconds(30), "all are gone");
    }

    [Theory]
    [InlineData("echo no disk >&2; exit 3", "5 attempts: it ended with exit code 3: no disk.")]
    [InlineData(null, "1 attempts: it cannot be started: ")]
    public async Task Program_Fails_IsInTheJournal(string? body, string expected)
    {
        await UseAsync(Program(body is null ? Path.Combine(_folder.FullName, "missing") : Script(body)));

        _notifier.Publish(Failover);

        await ToldAsync(expected);
    }

    [Fact]
    public async Task Drill_HoldAndRelease_AreTold()
    {
        await using var hook = await Receiver.StartAsync();
        await UseAsync(Webhook(hook.Url, NotifyEvent.Drill));

        _notifier.Commanded(new HoldCommand("ai-guide", "standby", TimeSpan.FromMinutes(1), "disk swap"));
        _notifier.Commanded(new ReleaseCommand("ai-guide"));
        _notifier.Commanded(new HoldCommand("ai-guide", "standby", TimeSpan.FromMinutes(1), "Drill of November"));
        _notifier.Commanded(new ReleaseCommand("ai-guide"));

        await Eventually.BeTrueAsync(() => hook.All.Count == 2, TimeSpan.FromSeconds(30), "begin and end are told");
        Assert.Contains("a drill begins", hook.All[0].Text, StringComparison.Ordinal);
        Assert.Contains("the drill is over", hook.All[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Receivers_Changed_TakeEffectAtOnce()
    {
        await using var before = await Receiver.StartAsync();
        await using var after = await Receiver.StartAsync();
        await UseAsync(Webhook(before.Url, NotifyEvent.Failover));
        await UseAsync(Webhook(after.Url, NotifyEvent.Failover));

        _notifier.Publish(Failover);

        await Eventually.BeTrueAsync(() => after.All.Count == 1, TimeSpan.FromSeconds(30), "the new one is told");
        Assert.Empty(before.All);
    }

    [Theory]
    [InlineData(nameof(TransitionReason.Relapse), NotifyEvent.Failover)]
    [InlineData(nameof(TransitionReason.Failback), NotifyEvent.Failback)]
    [InlineData(nameof(TransitionReason.Exhausted), NotifyEvent.Exhausted)]
    [InlineData(nameof(TransitionReason.Recovered), NotifyEvent.Recovered)]
    [InlineData(nameof(TransitionReason.Hold), null)]
    [InlineData(nameof(TransitionReason.Release), null)]
    [InlineData(nameof(TransitionReason.Config), null)]
    public void Transition_ByItsReason_IsAnEvent(string reason, object? expected) =>
        Assert.Equal(expected, Notification.Of(Failover with { Reason = Enum.Parse<TransitionReason>(reason) })?.Event);

    public async ValueTask DisposeAsync()
    {
        await _notifier.DisposeAsync();
        _instruments.Dispose();
        _folder.Delete(recursive: true);
    }

    private static NotifyConfig Webhook(Uri url, NotifyEvent on) => new() { Webhook = url, Events = [on] };

    private static NotifyConfig Program(string file, params string[] arguments) =>
        new() { Exec = [file, .. arguments], Events = [NotifyEvent.Failover] };

    private Task UseAsync(params NotifyConfig[] receivers) => _notifier.UseAsync(receivers);

    private string Script(string body)
    {
        var file = Path.Combine(_folder.FullName, "restart.sh");
        File.WriteAllText(file, "#!/bin/sh\n" + body + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return file;
    }

    private async Task ToldAsync(string text) => await Eventually.BeTrueAsync(
        () => _journal.Recent(50).Any(e => e.Kind == "notify" && e.Text.Contains(text, StringComparison.Ordinal)),
        TimeSpan.FromSeconds(40), text);

    private double Sample(string result) =>
        _instruments.Collect().Families.Single(static f => f.Family.Name == "gateway_notifications_total")
        .Samples.Where(s => s.Labels.Any(l => Equals(l.Value, result))).Sum(static s => s.Value);
}
