using System.Collections.Concurrent;
using Gateway.LastGood;

namespace Gateway.Forwarding.Responses;

/// <summary>A read under way whose response other requests may get. It is over once its response is stored, or will not be.</summary>
/// <param name="flights">Where others find it, by key, until it is over.</param>
/// <param name="key">Under which key.</param>
internal sealed class ReadFlight(ConcurrentDictionary<string, ReadFlight> flights, string key)
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isLed;
    private long _began;
    private volatile bool _isFollowed;

    /// <summary>When the request that makes the read began; its response began no earlier.</summary>
    public long Began => Volatile.Read(ref _began);

    /// <summary>Completes once it is over.</summary>
    public Task Over => _over.Task;

    /// <summary>True for one caller: it makes the read, and has to end the flight.</summary>
    /// <param name="began">When the caller's request began.</param>
    public bool TryLead(long began)
    {
        if (Interlocked.Exchange(ref _isLed, 1) != 0)
        {
            return false;
        }

        Volatile.Write(ref _began, began);
        return true;
    }

    /// <summary>The head of its response is here: the store takes a copy, or does not want one.</summary>
    public void Follow(LastGoodCapture? capture)
    {
        if (capture is null)
        {
            End();
        }
        else
        {
            _isFollowed = true;
            capture.Ended = End;
        }
    }

    /// <summary>The read is over, though its copy may not be stored yet.</summary>
    public void Leave()
    {
        if (!_isFollowed)
        {
            End();
        }
    }

    /// <summary>From now on equal reads go their own way, or join a new one.</summary>
    public void End()
    {
        flights.TryRemove(new KeyValuePair<string, ReadFlight>(key, this));
        _over.TrySetResult();
    }
}
