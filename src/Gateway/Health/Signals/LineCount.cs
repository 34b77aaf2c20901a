namespace Gateway.Health.Signals;

/// <summary>Whether so many lines came within a time. Bounded by that number; knows no clock.</summary>
internal sealed class LineCount(int count, TimeSpan within)
{
    private readonly Queue<TimeSpan> _last = new();

    /// <summary>A line came.</summary>
    public void Add(TimeSpan now)
    {
        if (_last.Count == count)
        {
            _last.Dequeue();
        }

        _last.Enqueue(now);
    }

    /// <summary>How many came within the time, no more than are counted.</summary>
    public int At(TimeSpan now)
    {
        while (_last.TryPeek(out var oldest) && now - oldest >= within)
        {
            _last.Dequeue();
        }

        return _last.Count;
    }
}
