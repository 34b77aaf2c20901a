using Gateway.Configuration.Model;
using Gateway.Failover.Recording;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Failover.Recording;

/// <summary>The way from the loop to the disk, and its bounds.</summary>
[Trait("kind", "unit")]
public sealed class RecordingWriterTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory();
    private readonly ManualTime _time = new();
    private readonly RecordingQueue _queue = new();

    private string Folder => Path.Combine(_root.FullName, "recording");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void Queue_ThatIsFull_DropsAndCountsAndAsksForACheckpoint()
    {
        _queue.WantsCheckpoint = false;
        for (var count = 0; count < RecordingQueue.Length; count++)
        {
            Assert.True(_queue.Post(Tick(count)));
        }

        Assert.False(_queue.WantsCheckpoint);
        Assert.False(_queue.Post(Tick(0)));
        Assert.Equal(1, _queue.Dropped);
        Assert.True(_queue.WantsCheckpoint);
    }

    [Fact]
    public async Task Folder_RemovesTheOldest_BySizeAndByAge()
    {
        await using var writer = WriterOf(new RecordingFolder(Folder) { MostBytes = 6000, LongestKept = TimeSpan.FromDays(1) });
        foreach (var _ in Enumerable.Range(0, 5))
        {
            Segment(100);
            writer.Flush();
        }

        var bySize = RecordingFiles.Of(Folder);
        Assert.InRange(bySize.Sum(static file => new FileInfo(file).Length), 1, 6000 + 3000);
        Assert.InRange(bySize.Count, 2, 4);

        foreach (var file in bySize)
        {
            File.SetLastWriteTimeUtc(file, (_time.GetUtcNow() - TimeSpan.FromDays(2)).UtcDateTime);
        }

        Segment(1);
        writer.Flush();
        Assert.Single(RecordingFiles.Of(Folder));
    }

    [Fact]
    public async Task Item_ThatNoLineCanBeMadeOf_IsAnAlarm_AndTheRecordingGoesOn()
    {
        await using var writer = WriterOf(new RecordingFolder(Folder));
        Segment(1);
        Assert.True(_queue.Post(new RecordedItem(RecordedKind.Command, _time.Now, new object())));
        writer.Flush();
        Assert.Contains("cannot be written", writer.Alarm, StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromSeconds(6));
        writer.Flush();
        Assert.True(_queue.WantsCheckpoint);
        Segment(1);
        writer.Flush();
        Assert.Null(writer.Alarm);
    }

    [Fact]
    public async Task Segment_ThatIsLong_AsksForTheNext_AndStopsAtTwiceItsLength()
    {
        await using var writer = WriterOf(new RecordingFolder(Folder) { LongSegment = 2000 });
        _queue.WantsCheckpoint = false;
        Segment(1000);
        writer.Flush();

        Assert.True(_queue.WantsCheckpoint);
        Assert.InRange(new FileInfo(Assert.Single(RecordingFiles.Of(Folder))).Length, 2000, 4100);
        Assert.InRange(_queue.Dropped, 1, 1000);
    }

    [Fact]
    public async Task Disk_ThatRefuses_IsToldAndTriedAgain()
    {
        await File.WriteAllTextAsync(Folder, "", TestContext.Current.CancellationToken);
        await using var writer = WriterOf(new RecordingFolder(Folder));
        _queue.WantsCheckpoint = false;
        Segment(3);
        writer.Flush();
        Assert.Contains("The recording cannot be written", writer.Alarm, StringComparison.Ordinal);
        writer.Flush();
        Assert.Equal(3, _queue.Dropped);
        Assert.False(_queue.WantsCheckpoint);

        File.Delete(Folder);
        _time.Advance(TimeSpan.FromSeconds(5));
        writer.Flush();
        Assert.True(_queue.WantsCheckpoint);
        Segment(1);
        writer.Flush();
        Assert.Null(writer.Alarm);
        Assert.Equal(2, RecordingFiles.Read(Assert.Single(RecordingFiles.Of(Folder))).Count());
    }

    // A disk that is full for a night would leave thousands of files that are no recording.
    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public async Task Segment_ThatFails_StaysOnlyWithWhatIsWhole(bool isWritten, int files)
    {
        await using var writer = WriterOf(new RecordingFolder(Folder));
        Segment(1);
        if (isWritten)
        {
            writer.Flush();
        }

        Assert.True(_queue.Post(new RecordedItem(RecordedKind.Command, _time.Now, new object())));
        writer.Flush();

        Assert.NotNull(writer.Alarm);
        Assert.Equal(files, Directory.GetFiles(Folder).Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    public async Task Disk_ThatIsFullForLong_IsToldOnceAndLeftWithoutFiles(int ticks)
    {
        var isFull = true;
        using var log = new CollectedLog();
        using var loggers = new LoggerFactory([log]);
        var folder = new RecordingFolder(Folder) { Opens = (path, options) => new FullDisk(path, options, () => isFull) };
        await using var writer = new RecordingWriter(_queue, folder, _time, loggers.CreateLogger<RecordingWriter>());
        _queue.WantsCheckpoint = true;
        for (var second = 0; second < 60; second++)
        {
            if (_queue.WantsCheckpoint)
            {
                _queue.WantsCheckpoint = false;
                Segment(ticks);
            }

            writer.Flush();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Contains("The recording cannot be written", writer.Alarm, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Folder));
        Assert.Single(log.Lines);

        isFull = false;
        for (var second = 0; second < 10; second++)
        {
            if (_queue.WantsCheckpoint)
            {
                _queue.WantsCheckpoint = false;
                Segment(ticks);
            }

            writer.Flush();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Null(writer.Alarm);
        Assert.Single(RecordingFiles.Of(Folder));
        Assert.Equal(2, log.Lines.Count);
    }

    [Fact]
    public void Config_IsRecordedWithoutSecrets()
    {
        var cluster = new ClusterConfig
        {
            Name = "guide",
            Tiers = [],
            Failback = new FailbackConfig { Auto = false },
            Probe = new ProbeConfig { Headers = [new HeaderLineConfig("Authorization", "Bearer hunter2")] },
        };
        var recorded = RecordedConfigs.Of(new GatewayConfig
        {
            Listen = [],
            State = "",
            StaticFallback = "",
            Routes = [],
            Clusters = [cluster],
        });
        var text = System.Text.Json.JsonSerializer.Serialize(recorded, RecordingJson.Options);
        var read = System.Text.Json.JsonSerializer.Deserialize<RecordedConfig>(text, RecordingJson.Options)!;

        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        Assert.False(read.Clusters[0].Failback.Auto);
        Assert.Equal(text, System.Text.Json.JsonSerializer.Serialize(read, RecordingJson.Options));
    }

    private static RecordedItem Tick(int at) => new(RecordedKind.Tick, TimeSpan.FromMilliseconds(at));

    private RecordingWriter WriterOf(RecordingFolder folder) => new(_queue, folder, _time, NullLogger<RecordingWriter>.Instance);

    private void Segment(int ticks)
    {
        var checkpoint = new Checkpoint(
            Checkpoint.Current, Guid.Empty, IsStart: true, 0, _time.GetUtcNow(), 0, new RecordedConfig("", [], []), [], []);
        Assert.True(_queue.Post(new RecordedItem(RecordedKind.Checkpoint, TimeSpan.Zero, new CheckpointOf(checkpoint, []))));
        for (var count = 0; count < ticks; count++)
        {
            Assert.True(_queue.Post(Tick(count)));
        }
    }

    // Takes what fits in its buffer and refuses the rest, and the buffer as soon as it is to be written.
    private sealed class FullDisk(string path, FileStreamOptions options, Func<bool> isFull) : FileStream(path, options)
    {
        private const int Buffer = 4096;
        private long _held;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _held += buffer.Length;
            Refuse(_held > Buffer);
            base.Write(buffer);
        }

        public override void Flush()
        {
            Refuse(_held > 0);
            base.Flush();
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            Refuse(_held is > 0 and <= Buffer);
        }

        private void Refuse(bool writes)
        {
            if (writes && isFull())
            {
                throw new IOException("No space left on device");
            }
        }
    }
}
