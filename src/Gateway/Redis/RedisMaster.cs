using Gateway.Configuration.Model;

namespace Gateway.Redis;

/// <summary>Where the master is: as the sentinels say, or as configured without them.</summary>
/// <param name="config">The endpoints, or the sentinels.</param>
/// <param name="tls">How sentinels are spoken to; null: in clear.</param>
/// <param name="health">Told how many sentinels answered.</param>
/// <param name="time">The clock.</param>
internal sealed class RedisMaster(RedisConfig config, RedisTls? tls, RedisHealth health, TimeProvider time)
{
    private string? _known;

    /// <summary>Whether sentinels say where it is.</summary>
    public bool HasSentinels => config.Sentinel is not null;

    /// <summary>Where to connect to. While the sentinels are silent the last known master is tried.</summary>
    /// <exception cref="RedisFailedException">No sentinel has ever named one.</exception>
    public async Task<string[]> EndpointsAsync(CancellationToken cancellationToken)
    {
        if (!HasSentinels)
        {
            return [.. config.Endpoints];
        }

        var (master, answered) = await AskAsync(cancellationToken).ConfigureAwait(false);
        health.OnSentinels(answered);
        _known = master ?? _known ?? throw new RedisFailedException(answered > 0 ? RedisFault.NoMaster : RedisFault.Unreachable);
        return [_known];
    }

    /// <summary>Asks the sentinels who the master is.</summary>
    public Task<(string? Master, int Answered)> AskAsync(CancellationToken cancellationToken) =>
        SentinelQuestion.AskAsync(config.Sentinel!, tls, time, cancellationToken);

    /// <summary>Whether the sentinels name another master than before.</summary>
    public bool HasMoved((string? Master, int Answered) reply)
    {
        health.OnSentinels(reply.Answered);
        if (reply.Master is null || string.Equals(reply.Master, _known, StringComparison.Ordinal))
        {
            return false;
        }

        _known = reply.Master;
        return true;
    }
}
