using Gateway.Observability;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;
using Gateway.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Observability;

[Trait("kind", "unit")]
public sealed class RecordsTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly Instruments _instruments = new(NullLogger<Instruments>.Instance);

    private string File => Path.Combine(_folder.FullName, "state", "records.db");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _instruments.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Restart_Forecasts_AreThereAgain()
    {
        var at = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        var alarm = new ForecastRecord(at, "c", "a", 0.72, ForecastOutcome.CameTrue, TimeSpan.FromSeconds(90))
        {
            IsAlarm = true,
            IsActedOn = true,
            Reason = "probe time has drifted"
        };
        using (var first = Open())
        {
            first.Forecasts.Add(alarm);
            first.Forecasts.Add(alarm with { IsAlarm = false, Outcome = ForecastOutcome.Missed, Reason = "" });
            for (var count = 0; count < 50; count++)
            {
                first.Forecasts.Add(new ForecastRecord(at, "c", "b", 0.002, ForecastOutcome.DidNot, TimeSpan.FromMinutes(5)));
            }
        }

        using var second = Open();
        await UntilAsync(() => second.Forecasts.Version > 0);

        var all = second.Forecasts.All;
        Assert.Equal(alarm, all[0] with { Id = 0 });
        Assert.Equal(ForecastOutcome.Missed, all[1].Outcome);
        Assert.Equal(52, all.Select(static r => r.Id).Distinct().Count());
    }

    [Fact]
    public async Task Restart_CasesOfRunbooks_AreThereAgain_AndARunHasEnded()
    {
        var at = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        var healed = new RunbookCase(at, "restart", "guide", "primary", "a", at.AddSeconds(-30), RunbookOutcome.Running);
        using (var first = Open())
        {
            healed = first.Runbooks.Keep(healed);
            first.Runbooks.Keep(healed with { At = at.AddSeconds(1), Id = 0 });
            healed = first.Runbooks.Keep(healed with
            {
                Outcome = RunbookOutcome.Healed,
                Text = "it passed its probe",
                EndedAt = at.AddSeconds(20),
                WellAt = at.AddSeconds(19)
            });
            Assert.Equal(2, first.Runbooks.All.Count);
        }

        using var second = Open();
        await UntilAsync(() => second.Runbooks.IsRead);

        Assert.Equal(healed, second.Runbooks.All[0]);
        Assert.Equal((RunbookOutcome.Interrupted, "the gateway ended"), (second.Runbooks.All[1].Outcome, second.Runbooks.All[1].Text));
        Assert.Equal(2, second.Runbooks.RunsSince("restart", "guide", at.AddHours(-1), withObserved: true));
        Assert.Equal(0, second.Runbooks.RunsSince("restart", "search", at.AddHours(-1), withObserved: true));
        Assert.Equal(0, second.Runbooks.RunsSince("restart", "guide", at.AddHours(1), withObserved: true));
    }

    [Fact]
    public async Task Acts_OfOperators_AreReadByThemselves_FromMemoryAndDisk()
    {
        using (var first = Open())
        {
            first.Journal.Append(Entry("held") with { Who = "ann", Cluster = "c" });
            first.Journal.Append(Entry("failed over") with { Cluster = "c" });
            first.Journal.Append(Entry("reloaded") with { Who = "bob" });
        }

        using var second = Open();
        await UntilAsync(() => second.Journal.Recent(10).Count == 3);
        second.Journal.Append(Entry("drained") with { Who = "ann", Cluster = "d" });

        Assert.Equal(["drained", "reloaded", "held"], await TextsAsync(new JournalQuery(10) { ActsOnly = true }));
        Assert.Equal(["reloaded", "held"], await TextsAsync(new JournalQuery(10) { ActsOnly = true, Cluster = "c" }));
        Assert.Equal(["drained"], await TextsAsync(new JournalQuery(1) { ActsOnly = true }));

        async Task<IEnumerable<string>> TextsAsync(JournalQuery query) =>
            (await second.ReadJournalAsync(query, Token)).Select(static entry => entry.Text);
    }

    [Fact]
    public async Task Incidents_AreThereAgainAfterARestart()
    {
        var over = new Incident(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000), "guide")
        {
            Until = DateTimeOffset.FromUnixTimeSeconds(1_800_000_060),
            Users = "from then: all: 3 failed of 9.",
            Routes = [new RouteImpact("all", 6, 0, 3, 0)],
            Saved = new SavedSums(1, 2, 3, 4, 5, 6, 7),
            Tiers = [new IncidentTier("primary", ["a", "b"])],
            Losses = [new IncidentLoss(DateTimeOffset.FromUnixTimeSeconds(1_800_000_001), "primary", "a", "status 503 on probes")],
            Timeline = [Entry("it was lost") with { Cluster = "guide" }],
        };
        using (var first = Open())
        {
            first.Incidents.Keep(over);
            first.Incidents.Keep(over with { At = over.At.AddHours(1), Until = null });
        }

        using var second = Open();
        await UntilAsync(() => second.Incidents.IsRead);

        var (ended, cut) = (second.Incidents.All[0], second.Incidents.All[1]);
        Assert.Equal((over.Name, over.Until, false), (ended.Name, ended.Until, ended.IsCutOff));
        Assert.Equal((over.Users, over.Routes[0], over.Saved), (ended.Users, ended.Routes[0], ended.Saved));
        Assert.Equal((over.Losses[0], "it was lost"), (ended.Losses[0], ended.Timeline[0].Text));
        Assert.Equal(["a", "b"], ended.Tiers[0].Destinations);
        Assert.Equal((null, true), (cut.Until, cut.IsCutOff));
    }

    [Fact]
    public void CasesOfRunbooks_AreBounded()
    {
        var history = new RunbookHistory();
        for (var count = 0; count < RunbookHistory.Most + 10; count++)
        {
            history.Keep(new RunbookCase(
                DateTimeOffset.UnixEpoch, "restart", "guide", "primary", "a", DateTimeOffset.UnixEpoch, RunbookOutcome.Refused));
        }

        Assert.Equal(RunbookHistory.Most, history.All.Count);
        Assert.Equal(RunbookHistory.Most + 10, history.All[^1].Id);
    }

    [Fact]
    public void Forecasts_AreBounded()
    {
        var history = new ForecastHistory();
        var record = new ForecastRecord(DateTimeOffset.UnixEpoch, "c", "b", 0.002, ForecastOutcome.DidNot, TimeSpan.FromMinutes(5));
        for (var count = 0; count < ForecastHistory.MostRoutine + 500; count++)
        {
            history.Add(record);
            history.Add(record with { IsAlarm = true });
        }

        Assert.Equal(ForecastHistory.MostRoutine + ForecastHistory.MostAlarms, history.All.Count);
        Assert.Equal(ForecastHistory.MostAlarms, history.All.Count(static r => r.IsAlarm));
    }

    [Fact]
    public async Task Restart_JournalAndLedger_AreThereAgain()
    {
        using (var first = Open())
        {
            first.Journal.Append(Entry("one"));
            _instruments.Route("r").Live(TimeSpan.Zero);
            first.Journal.Append(Entry("two") with { Cluster = "c", From = "primary", To = null, Reason = "exhausted", Who = "ann" });
        }

        // A new process counts from nothing.
        using var instruments = new Instruments(NullLogger<Instruments>.Instance);
        using var second = Open(instruments);
        await UntilAsync(() => second.Journal.Recent(10).Count == 2);

        Assert.Equal(["two", "one"], second.Journal.Recent(10).Select(static e => e.Text));
        Assert.Equal(
            ("c", "primary", null, "exhausted", "ann"),
            (second.Journal.Recent(1)[0].Cluster, second.Journal.Recent(1)[0].From, second.Journal.Recent(1)[0].To,
            second.Journal.Recent(1)[0].Reason, second.Journal.Recent(1)[0].Who));
        Assert.Equal(1, (await second.ReadLedgerAsync("c", TimeSpan.FromHours(1), Token))!.Requests.Live);
        second.Journal.Append(Entry("three"));
        Assert.Equal(["three", "two", "one"], (await second.ReadJournalAsync(new JournalQuery(10), Token)).Select(static e => e.Text));
    }

    [Fact]
    public async Task Journal_Told_IsOnDiskWithoutAClose()
    {
        // What a kill -9 leaves is what another process can read while this one still runs.
        using var records = Open();
        records.Journal.Append(Entry("news"));
        await UntilAsync(() => System.IO.File.Exists(File) && ReadBeside() is ["news"]);
    }

    [Fact]
    public async Task Journal_Pages_FollowEachOtherAndFilterByCluster()
    {
        using var records = Open();
        for (var i = 0; i < 30; i++)
        {
            records.Journal.Append(Entry($"{i}") with { Cluster = i % 2 == 0 ? "even" : "odd" });
        }

        var first = await records.ReadJournalAsync(new JournalQuery(10), Token);
        var second = await records.ReadJournalAsync(new JournalQuery(10) { Before = first[^1].Id }, Token);
        var odd = await records.ReadJournalAsync(new JournalQuery(100) { Cluster = "odd" }, Token);

        Assert.Equal("29", first[0].Text);
        Assert.Equal(["19", "18"], second.Take(2).Select(static e => e.Text));
        Assert.Equal(15, odd.Count);
    }

    [Fact]
    public async Task Disk_Refuses_AlarmsKeepsInMemoryAndWritesLater()
    {
        // A file where the folder should be: nothing can be written, whoever runs the test.
        var blocker = Path.Combine(_folder.FullName, "state");
        await System.IO.File.WriteAllTextAsync(blocker, "in the way", Token);
        using var records = Open();
        records.Journal.Append(Entry("kept"));
        await UntilAsync(() => records.Alarm is not null);

        Assert.Equal(["kept"], records.Journal.Recent(10).Select(static e => e.Text));
        Assert.Equal(["kept"], (await records.ReadJournalAsync(new JournalQuery(10), Token)).Select(static e => e.Text));
        Assert.Null(await records.ReadLedgerAsync("c", TimeSpan.FromHours(1), Token));

        System.IO.File.Delete(blocker);
        await UntilAsync(() => records.Alarm is null);
        await UntilAsync(() => ReadBeside() is ["kept"]);
    }

    [Fact]
    public async Task File_Damaged_IsSetAsideAndANewOneBegun()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        await System.IO.File.WriteAllBytesAsync(File, [.. Enumerable.Repeat((byte)7, 8192)], Token);
        using var records = Open();
        records.Journal.Append(Entry("after"));

        await UntilAsync(() => System.IO.File.Exists(File + ".damaged")
            && System.IO.File.Exists(File)
            && records.Alarm is null
            && ReadBeside() is ["after"]);
    }

    [Fact]
    public async Task File_DamagedInAnyWay_IsWrittenOnOrSetAside()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        using (var records = Open())
        {
            for (var i = 0; i < 300; i++)
            {
                records.Journal.Append(Entry($"entry {i} {new string('x', 100)}"));
            }

            await UntilAsync(() => ReadBeside().Length == 300);
        }

        var whole = await System.IO.File.ReadAllBytesAsync(File, Token);
        for (var round = 0; round < Corruption.Rounds; round++)
        {
            System.IO.File.Delete(File);
            System.IO.File.Delete(File + "-wal");
            await System.IO.File.WriteAllBytesAsync(File, Corruption.Of(whole, round), Token);
            System.IO.File.Delete(File + "-shm");
            using var records = Open();
            records.Journal.Append(Entry("after"));

            await UntilAsync(
                () => records.Alarm is null && ReadBeside("ORDER BY rowid DESC LIMIT 1") is ["after"],
                () => $"round {round}, alarm {records.Alarm}");
            Assert.Equal("after", records.Journal.Recent(1)[0].Text);
            await records.ReadJournalAsync(new JournalQuery(10), Token);
            await records.ReadLedgerAsync("c", TimeSpan.FromHours(1), Token);
        }
    }

    // What refuses a file that was begun a moment ago is not the file: the one that was set aside must stay.
    [Fact]
    public async Task File_ThatIsDamagedAgain_DoesNotTakeThePlaceOfTheFirst()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        await System.IO.File.WriteAllBytesAsync(File, [.. Enumerable.Repeat((byte)7, 8192)], Token);
        using var records = Open();
        records.Journal.Append(Entry("first"));
        await UntilAsync(() => ReadBeside() is ["first"]);

        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DROP TABLE journal; CREATE TABLE journal (other TEXT)";
            command.ExecuteNonQuery();
        }

        records.Journal.Append(Entry("second"));
        await UntilAsync(() => records.Alarm is not null);
        Assert.Equal(7, (await System.IO.File.ReadAllBytesAsync(File + ".damaged", Token))[0]);
    }

    [Fact]
    public async Task Routes_OfTheLastHour_AreCountedByName()
    {
        for (var i = 0; i < 4; i++)
        {
            _instruments.Route("r").Ended(RequestOutcome.Live, TimeSpan.Zero);
        }

        using var records = Open();
        await Eventually.BecomeTrueAsync(
            async () => (await records.ReadRoutesAsync(TimeSpan.FromHours(1), Token))?.GetValueOrDefault("r") == 4,
            Deadline,
            "the route's requests are counted");
    }

    [Fact]
    public async Task Summary_RequestsAndFailures_AreReadyForAScrape()
    {
        for (var i = 0; i < 4; i++)
        {
            _instruments.Route("r").Ended(i == 0 ? RequestOutcome.Failed : RequestOutcome.Live, TimeSpan.Zero);
        }

        using var records = Open();
        await UntilAsync(() => records.Availability.Count == 3);
        Assert.All(records.Availability, static a => Assert.Equal(0.75, a.Ratio));
        Assert.Equal(["1h", "24h", "30d"], records.Availability.Select(static a => a.Window));
    }

    [Fact]
    public void Trim_OldRecords_AreGone()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        var now = new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
        var ledger = new Ledger(() => _instruments.Routes, static _ => "c", static () => []);
        _instruments.Route("r").Live(TimeSpan.Zero);
        ledger.Tick(now.AddDays(-2));
        using var database = new RecordDatabase(File);
        database.Write([
            new JournalEntry(now.AddDays(-91), "start", "old") { Id = 1 },
            new JournalEntry(now.AddDays(-89), "start", "young") { Id = 2 }
        ], ledger);

        database.Trim(now);

        Assert.Equal(["young"], database.Journal(new JournalQuery(10)).Select(static e => e.Text));
        Assert.Equal(0, database.Window("c", TimeSpan.FromHours(25), now.AddDays(-2)).Requests.Live);
        Assert.Equal(1, database.Window("c", TimeSpan.FromDays(30), now).Requests.Live);
    }

    private static JournalEntry Entry(string text) => new(TimeProvider.System.GetUtcNow(), "start", text);

    private static async Task UntilAsync(Func<bool> condition, Func<string>? state = null)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) >= Deadline)
            {
                Assert.Fail($"The condition did not come true within 20 s. {state?.Invoke()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        }
    }

    private Records Open(Instruments? instruments = null)
    {
        var ledger = new Ledger(() => (instruments ?? _instruments).Routes, static _ => "c", static () => [new("c", "", true)]);
        var records = new Records(Path.Combine(_folder.FullName, "state"), ledger, TimeProvider.System, NullLogger<Records>.Instance);
        records.Start();
        return records;
    }

    private string[] ReadBeside(string which = "")
    {
        using var connection = new SqliteConnection($"Data Source={File};Mode=ReadOnly;Pooling=False;Default Timeout=1");
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT text FROM journal " + which;
            using var rows = command.ExecuteReader();
            var texts = new List<string>();
            while (rows.Read())
            {
                texts.Add(rows.IsDBNull(0) ? "" : rows.GetString(0));
            }

            return [.. texts];
        }
        catch (SqliteException)
        {
            // Not made yet: the caller looks again.
            return [];
        }
    }
}
