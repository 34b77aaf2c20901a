namespace Gateway.Health.Rules;

/// <summary>
/// How long a destination takes to respond: an exponentially weighted mean that a longer response time replaces at once, and that fades
/// with the time since the last one (peak EWMA, as in Finagle). A slow destination is thus avoided after one response, and tried again
/// after a while. Requests write it by compare-and-swap; value and moment share one word, so that no reader sees half of an update.
/// </summary>
internal sealed class PeakEwma
{
    /// <summary>After this time without a response the value is 1/e of what it was.</summary>
    public static readonly TimeSpan Fading = TimeSpan.FromSeconds(10);

    // The upper half: the value in microseconds, a float; the lower half: the moment. 0: nothing was seen yet.
    private long _word;

    /// <summary>A moment as this class counts it: milliseconds that wrap around after 49 days.</summary>
    public static uint Milliseconds(long timestamp, TimeProvider time) => (uint)(timestamp / (time.TimestampFrequency / 1000));

    /// <summary>It responded.</summary>
    public void Observe(TimeSpan took, uint now) => Update((float)took.TotalMicroseconds, now, isWhole: true);

    /// <summary>It has not responded for so long: what it takes is more than that.</summary>
    public void ObserveWait(TimeSpan waited, uint now) => Update((float)waited.TotalMicroseconds, now, isWhole: false);

    /// <summary>The value at a moment, in microseconds; 0: nothing was seen yet.</summary>
    public double At(uint now)
    {
        var word = Volatile.Read(ref _word);
        return word == 0 ? 0 : Math.Max(1, ValueOf(word) * WeightOf(word, now));
    }

    private void Update(float took, uint now, bool isWhole)
    {
        took = Math.Max(1, took);
        var word = Volatile.Read(ref _word);
        while (true)
        {
            var weight = word == 0 ? 0 : WeightOf(word, now);
            var before = word == 0 ? 0 : ValueOf(word) * weight;
            if (!isWhole && took <= before)
            {
                return;
            }

            // A peak replaces the mean; below it, what time has taken from the old value the new one fills.
            var after = took >= before ? took : (float)((ValueOf(word) * weight) + (took * (1 - weight)));
            var next = ((long)BitConverter.SingleToInt32Bits(after) << 32) | now;
            var found = Interlocked.CompareExchange(ref _word, next, word);
            if (found == word)
            {
                return;
            }

            word = found;
        }
    }

    private static float ValueOf(long word) => BitConverter.Int32BitsToSingle((int)(word >> 32));

    // Another thread's moment may be a little later than ours: that is no time at all, not 49 days.
    private static double WeightOf(long word, uint now) => Math.Exp(-Math.Max(0, (int)(now - (uint)word)) / Fading.TotalMilliseconds);
}
