using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Signals;
using Gateway.Health.Signals.Lines;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Health.Signals.Lines;

/// <summary>Lines from a journal and from syslog, on the way to the destination that they are of.</summary>
[Trait("kind", "process")]
public sealed class LineSourceTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly LineBoard _board = new();
    private readonly ConcurrentDictionary<string, SignalReading> _last = new(StringComparer.Ordinal);
    private readonly CollectedLog _log = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TemporaryFolder _folder = new();
    private readonly List<Task> _running = [];
    private readonly Destination[] _destinations =
    [
        new("guide", "primary", "guide-a", new Uri("http://10.0.0.11:9001")),
        new("guide", "primary", "guide-b", new Uri("http://127.0.0.1:9001")),
    ];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _folder.Dispose();
        _log.Dispose();
    }

    // Of loopback is guide-b alone: a message that names no host is of its sender.
    [Theory]
    [InlineData("udp", "<11>1 - guide-a guide - - - FATAL", "a")]
    [InlineData("udp", "<11>1 - 10.0.0.11 guide - - - FATAL", "a")]
    [InlineData("udp", "<11>Feb  5 17:32:18 guide-a guide: FATAL", "a")]
    [InlineData("udp", "<11>1 - - guide - - - FATAL", "b")]
    [InlineData("udp", "FATAL", "b")]
    [InlineData("udp", "<11>1 - elsewhere guide - - - FATAL", "ab")]
    [InlineData("udp", "<11>1 - - guide - - - {\"level\":\"FATAL\",\"host\":\"guide-a\"}", "a")]
    [InlineData("tcp", "33 <11>1 - guide-a guide - - - FATAL", "a")]
    [InlineData("tcp", "<11>1 - guide-a guide - - - FATAL\n", "a")]
    [InlineData("tcp", "<11>Feb  5 17:32:18 guide-a guide: FATAL", "a")]
    public async Task Syslog_AnyFraming_CountsForTheDestination(string scheme, string message, string fires)
    {
        var signal = Signal() with { Syslog = new Uri($"{scheme}://127.0.0.1:0") };
        var listener = new SyslogListener(signal.Syslog, _board, TimeProvider.System, _log);
        Run(listener, signal);
        var at = await WhereAsync(listener);
        using var socket = scheme is "udp"
            ? new Socket(SocketType.Dgram, ProtocolType.Udp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(at, TestContext.Current.CancellationToken);
        await socket.SendAsync(Encoding.UTF8.GetBytes(message), TestContext.Current.CancellationToken);
        if (scheme is "tcp")
        {
            socket.Shutdown(SocketShutdown.Send);
        }

        await FireAsync(fires);
    }

    // A program that nobody here wrote.
    [Theory]
    [InlineData("udp", "--rfc3164")]
    [InlineData("udp", "--rfc5424")]
    [InlineData("tcp", "--rfc3164")]
    [InlineData("tcp", "--rfc5424")]
    [InlineData("tcp", "--octet-count")]
    public async Task Syslog_OfLogger_IsTaken(string scheme, string option)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/logger"), "There is no logger.");
        var signal = Signal() with
        {
            Syslog = new Uri($"{scheme}://127.0.0.1:0"),
            Pattern = "FATAL heap is full$",
            Destination = "guide-a",
        };
        var listener = new SyslogListener(signal.Syslog, _board, TimeProvider.System, _log);
        Run(listener, signal);
        var at = await WhereAsync(listener);
        using var logger = Process.Start(
            "/usr/bin/logger",
            [
                "--server", "127.0.0.1", "--port", at.Port.ToString(CultureInfo.InvariantCulture), scheme is "udp" ? "--udp" : "--tcp",
                option, "--tag", "guide", "FATAL heap is full",
            ]);
        await logger.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, logger.ExitCode);
        await FireAsync("a");
    }

    [Fact]
    public async Task Syslog_AddressTaken_IsNamedOnceAndTakenLater()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)other.LocalEndPoint!).Port;
        var time = new ManualTime();
        var listener = new SyslogListener(
            new Uri(string.Create(CultureInfo.InvariantCulture, $"udp://127.0.0.1:{port}")), _board, time, _log);
        _running.Add(listener.RunAsync(_stop.Token));
        await Eventually.BeTrueAsync(() => !_log.Lines.IsEmpty, Patience, "the log names it");
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Contains("AddressAlreadyInUse", Assert.Single(_log.Lines), StringComparison.Ordinal);
        other.Dispose();
        await Eventually.BeTrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(5));
                return listener.ListensAt is not null;
            },
            Patience,
            "it listens");
    }

    [Fact]
    public async Task Syslog_ManyConnections_AreBounded()
    {
        var address = new Uri("tcp://127.0.0.1:0");
        var listener = new SyslogListener(address, _board, TimeProvider.System, _log);
        _running.Add(listener.RunAsync(_stop.Token));
        var at = await WhereAsync(listener);
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < 70; i++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                await socket.ConnectAsync(at, TestContext.Current.CancellationToken);
            }

            await Eventually.BeTrueAsync(() => !_log.Lines.IsEmpty, Patience, "the log names it");
            Assert.Equal(0, await sockets[^1].ReceiveAsync(new byte[1], TestContext.Current.CancellationToken));
            Assert.Contains("More than 64 connections", Assert.Single(_log.Lines), StringComparison.Ordinal);
        }
        finally
        {
            sockets.ForEach(static socket => socket.Dispose());
        }
    }

    // A journalctl that says what it was asked for, and ends after each record.
    [Theory]
    [InlineData("{\"MESSAGE\":\"FATAL\",\"_SYSTEMD_UNIT\":\"guide@guide-a.service\"}", "a")]
    [InlineData("{\"MESSAGE\":\"FATAL\",\"UNIT\":\"guide-a.service\",\"_SYSTEMD_UNIT\":\"init.scope\"}", "a")]
    [InlineData("{\"MESSAGE\":\"FATAL\",\"_HOSTNAME\":\"10.0.0.11\"}", "a")]
    [InlineData("{\"MESSAGE\":\"FATAL\",\"_SYSTEMD_UNIT\":\"guide.service\"}", "ab")]
    [InlineData("{\"MESSAGE\":[70,65,84,65,76,255],\"_SYSTEMD_UNIT\":\"guide-a.service\"}", "a")]
    [InlineData("{\"MESSAGE\":\"{\\\"level\\\":\\\"FATAL\\\",\\\"host\\\":\\\"guide-a\\\"}\"}", "a")]
    [InlineData(
        "no JSON\\n[1]\\n{}\\n{\"MESSAGE\":null}\\n{\"MESSAGE\":\"\\\\ud800 FATAL\"}\\n{\"MESSAGE\":\"FATAL\",\"UNIT\":\"guide-a\"}",
        "a")]
    public async Task Journal_AnyRecord_CountsForTheDestination(string records, string fires)
    {
        var program = Program($"printf '{records}\\n'; sleep 600");
        Run(new JournalReader("guide@*.service", _board, TimeProvider.System, _log, program), Signal());
        await FireAsync(fires);
    }

    [Fact]
    public async Task Journal_WhoseProgramEnds_GoesOnAfterItsLastRecord()
    {
        var program = Program("""
            for a in "$@"; do printf '%s\n' "$a" >> "$0.arguments"; done
            printf '{"MESSAGE":"FATAL","UNIT":"guide-a","__CURSOR":"s=1;i=%s"}\n' "$$"
            echo 'no such boot' >&2
            exit 3
            """);
        var time = new ManualTime();
        var reader = new JournalReader("guide.service", _board, time, _log, program);
        var running = reader.RunAsync(_stop.Token);
        _running.Add(running);
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return File.Exists(program + ".arguments")
                    && (await File.ReadAllTextAsync(program + ".arguments")).Contains("--after-cursor=s=1;i=", StringComparison.Ordinal);
            },
            Patience,
            "it is started again");
        var arguments = await File.ReadAllLinesAsync(program + ".arguments", TestContext.Current.CancellationToken);
        Assert.Contains("--unit=guide.service", arguments);
        Assert.Contains("--lines=0", arguments);
        var line = Assert.Single(_log.Lines);
        Assert.Contains("it ended with exit code 3: no such boot", line, StringComparison.Ordinal);
        Assert.False(running.IsCompleted);
    }

    [Fact]
    public async Task Journal_WithoutTheProgram_IsNamed()
    {
        _running.Add(new JournalReader("guide.service", _board, TimeProvider.System, _log, _folder.Path + "/none").RunAsync(_stop.Token));
        await Eventually.BeTrueAsync(() => !_log.Lines.IsEmpty, Patience, "the log names it");
        Assert.Contains("it cannot be started, error 2", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    // Its own processes, too.
    [Fact]
    public async Task Journal_ThatEnds_LeavesNoProcess()
    {
        var program = Program("sleep 600 & echo $! > \"$0.child\"; echo $$ > \"$0.pid\"; wait");
        using var stop = new CancellationTokenSource();
        var running = new JournalReader("guide.service", _board, TimeProvider.System, _log, program).RunAsync(stop.Token);
        await Eventually.BeTrueAsync(
            () => File.Exists(program + ".pid") && File.ReadAllText(program + ".pid").EndsWith('\n'), Patience, "it runs");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        foreach (var suffix in (string[])[".pid", ".child"])
        {
            var id = (await File.ReadAllTextAsync(program + suffix, TestContext.Current.CancellationToken)).Trim();
            await Eventually.BeTrueAsync(() => IsOver(id), Patience, $"{suffix} {id} is over");
        }
    }

    [Fact]
    public void Intake_OfTooMany_IsBounded()
    {
        var intake = new LineIntake();
        var small = new SourceLine("x"u8.ToArray(), null, null);
        Assert.Equal(LineIntake.MostLines, Enumerable.Range(0, LineIntake.MostLines + 10).Count(_ => intake.Add(small)));
        Assert.Equal(LineIntake.MostLines, intake.Take(out var leftOut).Count);
        Assert.True(leftOut);

        var large = new SourceLine(new byte[LogTail.LongestLine], null, null);
        Assert.Equal(LineIntake.MostBytes / LogTail.LongestLine, Enumerable.Range(0, 1000).Count(_ => intake.Add(large)));
        Assert.Equal(LineIntake.MostBytes / LogTail.LongestLine, intake.Take(out leftOut).Count);
        Assert.True(leftOut);
        Assert.Empty(intake.Take(out leftOut));
        Assert.False(leftOut);
    }

    private static bool IsOver(string id)
    {
        var status = $"/proc/{id}/stat";
        try
        {
            // One that its parent has not asked for is over, too.
            return !File.Exists(status) || File.ReadAllText(status).Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static SignalConfig Signal() => new()
    {
        Name = "oom",
        Journal = "guide@*.service",
        Pattern = "FATAL",
        Within = TimeSpan.FromMinutes(10),
        Then = SignalEffect.Suspect,
    };

    private static async Task<IPEndPoint> WhereAsync(SyslogListener listener)
    {
        await Eventually.BeTrueAsync(() => listener.ListensAt is not null, Patience, "it listens");
        return listener.ListensAt!;
    }

    private string Program(string script)
    {
        var path = _folder.Write("journalctl", "#!/bin/sh\n" + script + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }

    private void Run(ISignalReader source, SignalConfig signal)
    {
        var judge = new LineJudge(
            signal, () => _destinations, reading => _last[reading.Destination.Name] = reading, TimeProvider.System);
        signal = source is SyslogListener ? signal with { Journal = null } : signal;
        var reader = new LineReader("guide", signal, judge, _board, TimeProvider.System, NullLogger.Instance);
        _running.Add(reader.RunAsync(_stop.Token));
        _running.Add(source.RunAsync(_stop.Token));
    }

    private async Task FireAsync(string fires)
    {
        await Eventually.BeTrueAsync(
            () => fires.All(name => _last.TryGetValue($"guide-{name}", out var reading) && reading.State == SignalState.Firing),
            Patience,
            $"{fires} fire");
        Assert.Equal(fires.Length, _last.Values.Count(static reading => reading.State == SignalState.Firing));
        Assert.All(_last.Values, static reading => Assert.DoesNotContain("FATAL", reading.Value, StringComparison.Ordinal));
    }
}
