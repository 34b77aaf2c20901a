using Gateway.LastGood.InMemory;
using Gateway.LastGood.Keys;
using Gateway.LastGood.Policy;

namespace Gateway.LastGood;

/// <summary>Finds what memory holds under a key, in the variant that a request may be given.</summary>
internal sealed class VariantFinder(LastGoodMemory memory, TimeProvider time)
{
    // Two records of one moment that come back from a store behind may lie apart by what their clock was rounded to.
    private long Rounding => time.TimestampFrequency / 500;

    /// <summary>
    /// Follows the note of a key with variants to the variants that this request may be given: one for each content coding that it accepts.
    /// The newest is taken, or the one with a validator that is known to be right. The key is left at what was looked for last.
    /// </summary>
    public void Find(
        HttpRequest request, ref KeyBuilder key, out SlotContent? live, List<string>? missing = null, string? etag = null)
    {
        live = memory.Find(key.Text)?.Live;
        if (live is not { Response: { IsMarker: true } marker })
        {
            if (live is null)
            {
                missing?.Add(key.Text.ToString());
            }

            return;
        }

        live = null;
        var accepted = marker.Vary.AsSpan().Contains(CacheKeyTemplate.AcceptEncoding)
            ? ContentCodings.Accepted(request.Headers.AcceptEncoding)
            : ContentCodings.IdentityOnly;
        var baseLength = key.Text.Length;
        for (var coding = 0; coding < ContentCodings.Names.Length; coding++)
        {
            if ((accepted & (1 << coding)) == 0)
            {
                continue;
            }

            key.CutTo(baseLength);
            if (!CacheKeyTemplate.TryAppendVariant(request.Headers, marker.Vary, coding, ref key))
            {
                return;
            }

            if (memory.Find(key.Text)?.Live is not { Response: { IsMarker: false } } variant
                || variant.Response.Began < marker.Began - Rounding)
            {
                missing?.Add(key.Text.ToString());
            }
            else if (live is null || IsBetter(variant.Response, live.Response, etag))
            {
                live = variant;
            }
        }
    }

    private static bool IsBetter(StoredResponse one, StoredResponse other, string? etag)
    {
        var isNamed = etag is not null && string.Equals(one.ETag, etag, StringComparison.Ordinal);
        var isOtherNamed = etag is not null && string.Equals(other.ETag, etag, StringComparison.Ordinal);
        return isNamed == isOtherNamed ? one.Began > other.Began : isNamed;
    }
}
