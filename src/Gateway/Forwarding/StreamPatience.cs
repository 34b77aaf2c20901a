using Gateway.Configuration.Model;

namespace Gateway.Forwarding;

/// <summary>How long an event stream on which nothing arrives is left alone, and what is due then. Pure.</summary>
/// <param name="Due">What is due now.</param>
/// <param name="Wait">If nothing is: how long that stays so.</param>
internal readonly record struct StreamPatience(StreamDue Due, TimeSpan Wait)
{
    /// <summary>Decides.</summary>
    /// <param name="config">The route's <c>stream</c>.</param>
    /// <param name="progress">How far the stream is.</param>
    /// <param name="isInsideEvent">No heartbeat can go out.</param>
    public static StreamPatience Of(StreamConfig config, StreamProgress progress, bool isInsideEvent)
    {
        // Until there is content the destination has no longer than before anything went out.
        var idle = progress.HasContent || config.FirstContent > config.Idle ? config.Idle : config.FirstContent;
        var silence = progress.Silence;
        if (silence >= idle)
        {
            return new StreamPatience(StreamDue.Cut, TimeSpan.Zero);
        }

        var quiet = progress.Quiet;
        if (quiet >= config.Heartbeat && !isInsideEvent)
        {
            return new StreamPatience(StreamDue.Heartbeat, TimeSpan.Zero);
        }

        var cut = idle - silence;
        var heartbeat = config.Heartbeat - quiet;
        return new StreamPatience(StreamDue.Nothing, heartbeat > TimeSpan.Zero && heartbeat < cut ? heartbeat : cut);
    }
}

/// <summary>What an event stream is due on which nothing arrives.</summary>
internal enum StreamDue
{
    /// <summary>More patience.</summary>
    Nothing,

    /// <summary>The user gets a sign that the stream lives.</summary>
    Heartbeat,

    /// <summary>The destination has been silent for too long.</summary>
    Cut,
}
