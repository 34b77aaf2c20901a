using Gateway.Configuration.Model;
using Gateway.Forwarding.EventStreams;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "unit")]
public class StreamPatienceTests
{
    private static readonly StreamConfig Config = new()
    {
        FirstContent = TimeSpan.FromSeconds(10),
        Idle = TimeSpan.FromSeconds(60),
        Heartbeat = TimeSpan.FromSeconds(15),
    };

    [Theory]
    [InlineData(true, false, 0, 0, "Nothing", 15)]
    [InlineData(true, false, 14, 14, "Nothing", 1)]
    [InlineData(true, false, 15, 15, "Heartbeat", 0)]
    [InlineData(true, false, 59, 1, "Nothing", 1)]
    [InlineData(true, false, 59, 15, "Heartbeat", 0)]
    [InlineData(true, false, 60, 15, "Cut", 0)]
    [InlineData(true, true, 15, 15, "Nothing", 45)]
    [InlineData(true, true, 14, 14, "Nothing", 1)]
    [InlineData(true, true, 60, 60, "Cut", 0)]
    [InlineData(false, false, 0, 0, "Nothing", 10)]
    [InlineData(false, false, 9, 14, "Nothing", 1)]
    [InlineData(false, false, 9, 15, "Heartbeat", 0)]
    [InlineData(false, false, 10, 0, "Cut", 0)]
    public void QuietStream_AtItsTimes_IsDueWhatComesFirst(
        bool hasContent, bool isInsideEvent, int silence, int quiet, string due, int wait) =>
        Assert.Equal(
            new StreamPatience(Enum.Parse<StreamDue>(due), TimeSpan.FromSeconds(wait)),
            StreamPatience.Of(Config, hasContent, isInsideEvent, TimeSpan.FromSeconds(silence), TimeSpan.FromSeconds(quiet)));

    [Fact]
    public void QuietStream_FirstContentMayTakeLongerThanIdle_IsCutWhenIdle()
    {
        var config = Config with { FirstContent = Config.Idle * 5 };

        Assert.Equal(StreamDue.Cut, StreamPatience.Of(config, hasContent: false, isInsideEvent: false, config.Idle, TimeSpan.Zero).Due);
    }
}
