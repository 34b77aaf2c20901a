using Gateway.Forwarding.Conversations;
using Gateway.Forwarding.LoadBalancing;
using Xunit;

namespace Gateway.Tests.Forwarding.Conversations;

[Trait("kind", "unit")]
public class ConversationTableTests
{
    [Fact]
    public void TryFind_Noted_GivesTheLastPlaceAndTime()
    {
        var table = new ConversationTable();

        Assert.False(table.TryFind(7, out _, out _));

        table.Note(7, 1, 100);
        table.Note(7, 2, 101);
        table.Note(7, 2, 105);

        Assert.True(table.TryFind(7, out var destination, out var second));
        Assert.Equal((2u, 105u), (destination, second));
        Assert.False(table.TryFind(8, out _, out _));
    }

    [Fact]
    public void Note_MoreThanFit_ForgetsThoseSilentForLongest()
    {
        var table = new ConversationTable();
        const int All = ConversationTable.Most * 4;
        for (var i = 0; i < All; i++)
        {
            table.Note(KeyOf(i), 3, (uint)(i / 100));
        }

        // Each set keeps its newest: of the newest eighth of what fits nearly all, of the first quarter none.
        Assert.InRange(
            Known(table, All - (ConversationTable.Most / 8), All),
            ConversationTable.Most / 8 * 0.99,
            ConversationTable.Most / 8);
        Assert.InRange(Known(table, 0, ConversationTable.Most), 0, ConversationTable.Most * 0.02);
        Assert.InRange(Known(table, 0, All), ConversationTable.Most * 0.95, ConversationTable.Most);
    }

    [Fact]
    public void Note_FromManyThreads_GivesNoConversationAnothersPlace()
    {
        var table = new ConversationTable();
        var wrong = 0;
        Parallel.For(0, 8, worker =>
        {
            for (var round = 0; round < 20; round++)
            {
                for (var i = 0; i < 10_000; i++)
                {
                    // Many times as many as fit into the sets that they fall into.
                    var key = ((ulong)((i * 8) + worker) << 20) | (uint)(i % 16);
                    table.Note(key, (uint)key ^ (uint)(key >> 20), (uint)round);
                    if (table.TryFind(key, out var destination, out _) && destination != ((uint)key ^ (uint)(key >> 20)))
                    {
                        Interlocked.Increment(ref wrong);
                    }
                }
            }
        });

        // Two that replace the same one at the same moment may leave a mixture; it is rare, and the conversation only moves.
        Assert.InRange(wrong, 0, 16_000);
    }

    private static int Known(ConversationTable table, int from, int to)
    {
        var known = 0;
        for (var i = from; i < to; i++)
        {
            known += table.TryFind(KeyOf(i), out _, out _) ? 1 : 0;
        }

        return known;
    }

    private static ulong KeyOf(int i) => Balancer.HashOf($"conversation-{i}");
}
