using Gateway.LastGood.Keys;
using Gateway.LastGood.Policy;
using Gateway.LastGood.Stores;

namespace Gateway.LastGood.InMemory;

/// <summary>
/// What leaves memory and the store behind because of what the service does: a write to a path, a response that is taken back.
/// </summary>
internal sealed class StoreEvictions(
    LastGoodMemory memory, StoresBehind? behind, VariantFinder variants, LastGoodCounters counters, TimeProvider time)
{
    /// <summary>A write to a path succeeded: what is kept for it is not served any more.</summary>
    public void Invalidate(HttpRequest request)
    {
        var place = new KeyBuilder(stackalloc char[KeyBuilder.OnStack]);
        if (CacheKeyTemplate.TryWritePlace(request, ref place))
        {
            Invalidate(place.Text);
        }

        place.Dispose();
    }

    /// <summary>As above.</summary>
    /// <param name="place">Host in lower case, and path.</param>
    public void Invalidate(ReadOnlySpan<char> place)
    {
        var known = memory.Invalidate(place, time.GetTimestamp());
        if (known is not null)
        {
            counters.CountInvalidation();
        }

        // What is not in memory may still be in the store: after a restart that is not read ahead yet, or from another gateway.
        if (behind is not null && (known is not null || behind.KeepsMoreThanMemory))
        {
            behind.Enqueue(new BackingChange(ChangeKind.Invalidate, known ?? place.ToString(), ClockReading.Of(time).UnixMs));
        }
    }

    /// <summary>The service took a response back: it leaves, with the nearest ones that it has filled.</summary>
    public void Evict(CacheKeyTemplate plan, HttpRequest request, in RequestMetadata facts, ref KeyBuilder key)
    {
        var now = time.GetTimestamp();
        if (memory.Evict(key.Text, now))
        {
            counters.CountEvicted();
            behind?.Enqueue(new BackingChange(ChangeKind.Evict, key.Text.ToString(), ClockReading.Of(time).UnixMs));
        }
        else if (behind is { KeepsMoreThanMemory: true })
        {
            behind.Enqueue(new BackingChange(ChangeKind.Evict, key.Text.ToString(), ClockReading.Of(time).UnixMs));
        }

        // A nearest response leaves with the exact one that filled it.
        if (plan.Config.Nearest.Length == 0)
        {
            return;
        }

        var exact = key.Text.ToString();
        for (var i = 0; i < plan.Config.Nearest.Length; i++)
        {
            if (plan.TryWrite(request, facts, i, ref key))
            {
                var baseLength = key.Text.Length;
                variants.Find(request, ref key, out var live);
                if (live is not null && string.Equals(live.Response.FilledBy, exact, StringComparison.Ordinal))
                {
                    key.CutTo(baseLength);
                    memory.Evict(key.Text, now);
                    behind?.Enqueue(new BackingChange(ChangeKind.Evict, key.Text.ToString(), ClockReading.Of(time).UnixMs));
                }
            }
        }
    }
}
