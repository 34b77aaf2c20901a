using System.Text;
using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Signals;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Health.Signals;

/// <summary>Alerts from outside: what Alertmanager sends, and what comes of it.</summary>
[Trait("kind", "socket")]
public sealed class AlertSignalTests
{
    // As Alertmanager 0.25 sends it.
    private const string Message = """
        {
          "receiver": "gateway", "status": "STATUS",
          "alerts": [ { "status": "STATUS", "labels": { "alertname": "GuideIsHot", "instance": "INSTANCE", "severity": "page" },
            "annotations": { "summary": "hot" }, "startsAt": "2026-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus/graph", "fingerprint": "c6eadffa33fcdf37" } ],
          "groupLabels": { "alertname": "GuideIsHot" }, "commonLabels": {}, "commonAnnotations": {},
          "externalURL": "http://alertmanager", "version": "4", "groupKey": "{}:{alertname=\"GuideIsHot\"}", "truncatedAlerts": 0
        }
        """;

    [Fact]
    public async Task Alert_FiresAndIsResolved_DrainsItsDestinationMeanwhile()
    {
        await using var one = new ScriptedUpstream(static r => r.RespondAsync("one"));
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("other"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([one.Url, other.Url], cluster: """
                signals:
                  - { name: pager, alert: GuideIsHot, labels: { severity: page }, then: drain }
            """));
        var instance = new Uri(other.Url).Authority;

        var (status, body) = await gateway.PostAsync("/signals/alerts", Of("firing", instance));
        Assert.Equal(200, status);
        Assert.Equal("{\"alerts\":1,\"taken\":1}", body);
        await StateIsAsync(gateway, "firing");
        Assert.Equal(0, await MetricsSignalTests.CountAsync(gateway, "other", 50));
        Assert.Contains("is drained by signal", await gateway.JournalTextAsync(), StringComparison.Ordinal);

        (status, _) = await gateway.PostAsync("/signals/alerts", Of("resolved", instance));
        Assert.Equal(200, status);
        await StateIsAsync(gateway, "clear");
        Assert.InRange(await MetricsSignalTests.CountAsync(gateway, "other", 200), 60, 140);
    }

    [Theory]
    [InlineData("", 400, "The body is no JSON")]
    [InlineData("[]", 400, "it has no \\\"alerts\\\"")]
    [InlineData("{\"alerts\":{}}", 400, "it has no \\\"alerts\\\"")]
    [InlineData("{\"version\":\"9\",\"alerts\":[]}", 400, "Send version 4")]
    [InlineData("{\"version\":\"4\",\"alerts\":[1,{},{\"status\":\"firing\"},{\"status\":\"odd\",\"labels\":{}}]}", 200, "\"alerts\":0")]
    [InlineData("{\"version\":\"4\",\"alerts\":[{\"status\":\"firing\",\"labels\":{\"alertname\":\"Other\"}}]}", 200, "\"taken\":0")]
    [InlineData("{\"alerts\":[{\"status\":\"firing\",\"labels\":{\"alertname\":\"\\ud800\"}}]}", 400, "The body is no JSON")]
    [InlineData("{\"alerts\":[{\"status\":\"firing\",\"labels\":{\"\\ud800\":\"x\"}}]}", 400, "The body is no JSON")]
    [InlineData("{\"alerts\":[{\"status\":\"firing\",\"labels\":{},\"endsAt\":\"\\ud800\"}]}", 400, "The body is no JSON")]
    [InlineData("1 MiB and more", 413, "set max_alerts")]
    public async Task Alert_Broken_SaysWhatToSend(string body, int status, string says)
    {
        body = body.StartsWith("1 MiB", StringComparison.Ordinal) ? new string(' ', AlertmanagerJson.MostBytes + 1) : body;
        await using var one = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([one.Url]));
        var response = await gateway.PostAsync("/signals/alerts", body);
        Assert.Equal(status, response.Status);
        Assert.Contains(says, response.Body, StringComparison.Ordinal);
    }

    // Alerts one after another as status:subject:identity; then the state of a, b: F fires, c clear, ? nothing said.
    [Theory]
    [InlineData("firing:a:1", "F?")]
    [InlineData("firing:10.0.0.12:9001:1", "?F")]
    [InlineData("firing:10.0.0.12:9100:1", "?F")]
    [InlineData("firing:10.0.0.99:9001:1", "??")]
    [InlineData("firing::1", "FF")]
    [InlineData("resolved:a:1", "c?")]
    [InlineData("firing:a:1 firing:a:2 resolved:a:1", "F?")]
    [InlineData("firing:a:1 firing:a:2 resolved:a:1 resolved:a:2", "c?")]
    public void Alerts_OneAfterAnother_ComeTo(string alerts, string expected)
    {
        var time = new ManualTime();
        Destination[] destinations =
        [
            new("guide", "primary", "a", new Uri("http://10.0.0.11:9001")),
            new("guide", "primary", "b", new Uri("http://10.0.0.12:9001"))
        ];
        var config = new ClusterConfig
        {
            Name = "guide",
            Tiers = [],
            Signals = [new SignalConfig { Name = "pager", Alert = "Hot", Then = SignalEffect.Drain, Within = TimeSpan.FromHours(5) }]
        };
        var last = new Dictionary<string, SignalReading>(StringComparer.Ordinal);
        var board = new AlertBoard(
            () => [new SignalTarget(config, destinations)],
            reading => last[reading.Destination.Name] = reading,
            time);
        foreach (var alert in alerts.Split(' '))
        {
            var (status, subject, identity) = (alert.Split(':')[0], string.Join(':', alert.Split(':')[1..^1]), alert.Split(':')[^1]);
            var json =
                $"{{\"version\":\"4\",\"alerts\":[{{\"status\":\"{status}\",\"labels\":{{\"alertname\":\"Hot\""
                    + $"{(subject.Length == 0 ? "" : $",\"instance\":\"{subject}\"")}}},\"fingerprint\":\"{identity}\"}}]}}";
            board.Take(AlertmanagerJson.Read(Encoding.UTF8.GetBytes(json), out _)!.Value);
        }

        Assert.Equal(expected, string.Concat(destinations.Select(d => !last.TryGetValue(d.Name, out var reading)
            ? '?'
            : reading.State == SignalState.Firing ? 'F'
            : 'c')));
    }

    [Theory]
    [InlineData(null, 18_000)]
    [InlineData("2026-01-01T00:01:00Z", 60)]
    [InlineData("2025-01-01T00:00:00Z", 18_000)]
    [InlineData("2026-01-02T00:00:00Z", 18_000)]
    public void Alert_NotSentAgain_CountsForItsTime(string? endsAt, int seconds)
    {
        Destination[] destinations = [new("guide", "primary", "a", new Uri("http://10.0.0.11:9001"))];
        var config = new ClusterConfig
        {
            Name = "guide",
            Tiers = [],
            Signals = [new SignalConfig { Name = "pager", Alert = "Hot", Then = SignalEffect.Drain, Within = TimeSpan.FromHours(5) }]
        };
        SignalReading? last = null;
        var board = new AlertBoard(() => [new SignalTarget(config, destinations)], reading => last = reading, new ManualTime());
        var json =
            $"{{\"alerts\":[{{\"status\":\"firing\",\"labels\":{{\"alertname\":\"Hot\"}}"
                + $"{(endsAt is null ? "" : $",\"endsAt\":\"{endsAt}\"")}}}]}}";
        board.Take(AlertmanagerJson.Read(Encoding.UTF8.GetBytes(json), out _)!.Value);
        Assert.Equal(seconds, last!.ValidFor.TotalSeconds);
    }

    // What fires when the configuration changes, or a destination comes, counts as the new one says; each once.
    [Theory]
    [InlineData("renamed", "new:a=Firing/Drain new:b=Firing/Drain")]
    [InlineData("then: suspect", "pager:a=Firing/Suspect pager:b=Firing/Suspect")]
    [InlineData("other labels", "pager:a=Clear/Drain pager:b=Clear/Drain")]
    [InlineData("another alert", "pager:a=Clear/Drain pager:b=Clear/Drain")]
    [InlineData("a destination more", "pager:a=Firing/Drain pager:b=Firing/Drain pager:c=Firing/Drain")]
    [InlineData("another signal", "second:a=Firing/Drain second:b=Firing/Drain")]
    [InlineData("another signal, that never fired", "")]
    [InlineData("later than it counts", "")]
    public void Alert_FiringAsTheConfigurationChanges_CountsAsItSaysNow(string change, string expected)
    {
        var time = new ManualTime();
        Destination[] destinations =
        [
            new("guide", "primary", "a", new Uri("http://10.0.0.11:9001")),
            new("guide", "primary", "b", new Uri("http://10.0.0.12:9001")),
        ];
        var signal = new SignalConfig { Name = "pager", Alert = "Hot", Then = SignalEffect.Drain, Within = TimeSpan.FromHours(5) };
        var target = new SignalTarget(new ClusterConfig { Name = "guide", Tiers = [], Signals = [signal] }, destinations);
        var said = new List<string>();
        var board = new AlertBoard(
            () => [target], r => said.Add($"{r.Signal}:{r.Destination.Name}={r.State}/{r.Effect}"), time);
        var alerts = string.Join(',', Enumerable.Range(0, 500).Select(static i =>
            $"{{\"status\":\"firing\",\"labels\":{{\"alertname\":\"Hot\",\"i\":\"{i}\"}}}}"));
        Assert.Equal(500, board.Take(AlertmanagerJson.Read(Encoding.UTF8.GetBytes($"{{\"alerts\":[{alerts}]}}"), out _)!.Value));
        Assert.Equal("pager:a=Firing/Drain pager:b=Firing/Drain", string.Join(' ', said));

        said.Clear();
        signal = change switch
        {
            "renamed" => signal with { Name = "new" },
            "then: suspect" => signal with { Then = SignalEffect.Suspect },
            "other labels" => signal with { Labels = [new("team", "shop")] },
            "another alert" => signal with { Alert = "Cold" },
            "another signal" => signal with { Name = "second", Labels = [new("i", "7")] },
            "another signal, that never fired" => signal with { Name = "second", Labels = [new("i", "777")] },
            _ => signal,
        };
        if (change is "a destination more")
        {
            destinations = [.. destinations, new("guide", "primary", "c", new Uri("http://10.0.0.13:9001"))];
        }

        time.Advance(change is "later than it counts" ? TimeSpan.FromHours(5) : TimeSpan.FromMinutes(1));
        target = new SignalTarget(new ClusterConfig { Name = "guide", Tiers = [], Signals = [signal] }, destinations);
        board.Review(target, signal);
        Assert.Equal(expected, string.Join(' ', said));
    }

    [Fact]
    public async Task Alert_FiringAtAReload_CountsForTheRenamedSignal()
    {
        await using var one = new ScriptedUpstream(static r => r.RespondAsync("one"));
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("other"));
        string[] urls = [one.Url, other.Url];
        const string signals = """
                signals:
                  - { name: NAME, alert: GuideIsHot, then: drain }
            """;
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config(urls, cluster: signals));
        await gateway.PostAsync("/signals/alerts", Of("firing", new Uri(other.Url).Authority));
        await StateIsAsync(gateway, "firing");

        gateway.WriteConfig(InProcessGateway.Config(urls, cluster: signals.Replace("NAME", "pager", StringComparison.Ordinal)));
        await Eventually.BecomeTrueAsync(
            async () => (await MetricsSignalTests.DestinationsAsync(gateway))[1].TryGetProperty("signals", out var all)
                && all.EnumerateArray().Any(static s =>
                    s.GetProperty("name").GetString() is "pager" && s.GetProperty("state").GetString() is "firing"),
            TimeSpan.FromSeconds(30),
            "the renamed signal fires");
        Assert.Equal(0, await MetricsSignalTests.CountAsync(gateway, "other", 50));
    }

    private static string Of(string status, string instance) =>
        Message.Replace("STATUS", status, StringComparison.Ordinal).Replace("INSTANCE", instance, StringComparison.Ordinal);

    private static async Task StateIsAsync(InProcessGateway gateway, string state) =>
        await Eventually.BecomeTrueAsync(
            async () => (await MetricsSignalTests.DestinationsAsync(gateway))[1].TryGetProperty("signals", out var signals)
                && signals[0].GetProperty("state").GetString() == state,
            TimeSpan.FromSeconds(30),
            $"the signal is {state}");
}
