using StackExchange.Redis;

namespace Gateway.Redis;

/// <summary>
/// One connection while it lasts, and how its heartbeats go. The connection's own task writes; any thread reads what is volatile.
/// </summary>
internal sealed class RedisLink(ConnectionMultiplexer connection, string[] endpoints, long now)
{
    private int _missed;
    private long _lastBeat = now;

    /// <summary>The library's connection.</summary>
    public ConnectionMultiplexer Connection { get; } = connection;

    /// <summary>What calls go to.</summary>
    public IDatabase Database { get; } = connection.GetDatabase();

    /// <summary>Where it leads.</summary>
    public string[] Endpoints => endpoints;

    /// <summary>Heartbeats in a row without a response.</summary>
    public int Missed
    {
        get => Volatile.Read(ref _missed);
        set => Volatile.Write(ref _missed, value);
    }

    /// <summary>Heartbeats in a row that were refused.</summary>
    public int Refusals { get; set; }

    /// <summary>When the last heartbeat got a response.</summary>
    public long LastBeat
    {
        get => Volatile.Read(ref _lastBeat);
        set => Volatile.Write(ref _lastBeat, value);
    }
}
