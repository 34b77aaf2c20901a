using Gateway.Drills.Load;
using Xunit;

namespace Gateway.Tests.Drills;

[Trait("kind", "unit")]
public class SessionPriorityTests
{
    [Theory]
    [InlineData("/autogroup-195 nice 0\n", "-10", "0")]
    [InlineData("/autogroup-7 nice 5\n", "-10", "5")]
    [InlineData("/autogroup-7 nice -15\n", "/autogroup-7 nice -15\n", "/autogroup-7 nice -15\n")]
    [InlineData("\n", "\n", "\n")]
    public void Session_WhileRaisedAndAfter_HasThePriority(string before, string during, string after)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, before);

            var priority = SessionPriority.TryRaise(file: file);
            Assert.Equal(during, File.ReadAllText(file));

            priority?.Dispose();
            priority?.Dispose();
            Assert.Equal(after, File.ReadAllText(file));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
