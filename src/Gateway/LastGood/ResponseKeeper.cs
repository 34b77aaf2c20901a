using Gateway.LastGood.InMemory;
using Gateway.LastGood.Policy;
using Gateway.LastGood.Stores;

namespace Gateway.LastGood;

/// <summary>Takes responses into memory and in line for the store behind, within the memory that copies may take.</summary>
internal sealed partial class ResponseKeeper(
    LastGoodMemory memory,
    StoresBehind? behind,
    LastGoodCounters counters,
    long copyCap,
    ILogger logger)
{
    private readonly ILogger _logger = logger;
    private long _copying;

    /// <summary>What has happened since the start.</summary>
    public LastGoodCounters Counters => counters;

    /// <summary>Reserves memory for a copy.</summary>
    public bool TryReserveCopy(int size)
    {
        if (Interlocked.Add(ref _copying, size) <= copyCap)
        {
            return true;
        }

        Interlocked.Add(ref _copying, -size);
        return false;
    }

    /// <summary>Gives it back.</summary>
    public void ReleaseCopy(int size) => Interlocked.Add(ref _copying, -size);

    /// <summary>Checks a whole response and keeps it.</summary>
    public void Keep(CaptureHead head, ReadOnlyMemory<byte> body)
    {
        if (BodyCheck.Judge(head.ContentType, head.ContentEncoding, body) is not StoreRejection.None and var refusal)
        {
            counters.CountRefused(refusal);
            return;
        }

        var stored = head.Response with { Body = body.ToArray() };
        if (!Put(stored))
        {
            return;
        }

        counters.CountStored();
        foreach (var (key, baseKey) in head.Nearest)
        {
            if (memory.Peek(key)?.Live is not { } there || there.Response.Began < stored.Began - head.RefreshTicks)
            {
                Put(stored with { Key = key, BaseKey = baseKey, FilledBy = stored.BaseKey });
            }
        }
    }

    /// <summary>Tells of an error that must not reach a request.</summary>
    public void Report(Exception exception) => KeepingFailed(exception);

    /// <summary>Puts a response into memory and in line for the store behind; false: it is refused, and counted.</summary>
    public bool Put(StoredResponse stored)
    {
        if (stored.Vary.Length > 0 && !PutMarker(stored))
        {
            return false;
        }

        if (memory.Put(stored) is not StoreRejection.None and var refusal)
        {
            counters.CountRefused(refusal);
            return false;
        }

        behind?.Enqueue(new BackingChange(ChangeKind.Put, stored.Key, stored.BeganUnixMs));
        return true;
    }

    // The note which headers choose between a key's variants. One with the same names stays, because variants older than their note are not
    // found.
    private bool PutMarker(StoredResponse stored)
    {
        if (memory.Find(stored.BaseKey)?.Live is { Response: { IsMarker: true } known } && known.Vary.AsSpan().SequenceEqual(stored.Vary))
        {
            return true;
        }

        var marker = stored with { Key = stored.BaseKey, IsMarker = true, Headers = [], ETag = null, Body = [] };
        if (memory.Put(marker) is not StoreRejection.None and var refusal)
        {
            counters.CountRefused(refusal);
            return false;
        }

        behind?.Enqueue(new BackingChange(ChangeKind.Put, marker.Key, marker.BeganUnixMs));
        return true;
    }

    [LoggerMessage(5001, LogLevel.Error, "A response could not be kept because of an error of the gateway itself; users are not affected. "
        + "Please report it.")]
    private partial void KeepingFailed(Exception exception);
}
