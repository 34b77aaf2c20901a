using Gateway.Failover;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>The limit of a tier whose response times come as late as they are long, over hours of virtual time.</summary>
[Trait("kind", "unit")]
public sealed class AdaptiveLimitTests
{
    private const int Size = 40;

    /// <summary>A response tells of the limit that held when its request was let in, which for slow tiers is several windows ago.</summary>
    [Theory]
    [InlineData(100)]
    [InlineData(1_000)]
    [InlineData(4_000)]
    [InlineData(12_000)]
    public void Limit_UnderOverload_StaysNearTheTiersSize_HoweverSlowItIs(int serviceMilliseconds)
    {
        var clock = new ManualTime();
        var limit = new AdaptiveLimit(clock, static () => 0.5);
        var tier = new Tier(clock, limit, TimeSpan.FromMilliseconds(serviceMilliseconds));

        tier.Run(TimeSpan.FromHours(1));
        var (least, most) = tier.Run(TimeSpan.FromHours(2));

        Assert.InRange(most, Size * 0.8, Size * 2.5);
        Assert.InRange(least, Size * 0.3, Size * 2.5);
    }

    /// <summary>Works on so many requests at once, in turn, with more of them at the door than it is ever allowed.</summary>
    private sealed class Tier(ManualTime clock, AdaptiveLimit limit, TimeSpan service)
    {
        private readonly PriorityQueue<TimeSpan, TimeSpan> _ends = new();
        private readonly Queue<TimeSpan> _workers = new(Enumerable.Repeat(TimeSpan.Zero, Size));
        private readonly Random _random = new(7);

        public (int Least, int Most) Run(TimeSpan span)
        {
            var (least, most) = (int.MaxValue, 0);
            var end = clock.Now + span;
            while (clock.Now < end)
            {
                while (_ends.Count < limit.Current)
                {
                    var free = _workers.Dequeue();
                    var ends = (free > clock.Now ? free : clock.Now) + (service * (0.95 + (0.1 * _random.NextDouble())));
                    _workers.Enqueue(ends);
                    _ends.Enqueue(clock.Now, ends);
                }

                if (_ends.TryDequeue(out var began, out var at))
                {
                    var wait = at - clock.Now;
                    clock.Advance(wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
                    limit.Sample(clock.Now - began, _ends.Count + 1);
                }

                (least, most) = (Math.Min(least, limit.Current), Math.Max(most, limit.Current));
            }

            return (least, most);
        }
    }
}
