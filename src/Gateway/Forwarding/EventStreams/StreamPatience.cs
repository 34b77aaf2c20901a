using Gateway.Configuration.Model;

namespace Gateway.Forwarding.EventStreams;

/// <summary>How long an event stream on which nothing arrives is left alone, and what is due then. Pure.</summary>
/// <param name="Due">What is due now.</param>
/// <param name="Wait">If nothing is: how long that stays so.</param>
internal readonly record struct StreamPatience(StreamDue Due, TimeSpan Wait)
{
    /// <summary>Decides.</summary>
    /// <param name="config">The route's <c>stream</c>.</param>
    /// <param name="hasContent">An event with data came.</param>
    /// <param name="isInsideEvent">The user has half an event: no heartbeat can go out.</param>
    /// <param name="silence">Since something came from the destination.</param>
    /// <param name="quiet">Since the user got something.</param>
    public static StreamPatience Of(StreamConfig config, bool hasContent, bool isInsideEvent, TimeSpan silence, TimeSpan quiet)
    {
        // Until there is content the destination has no longer than before anything went out.
        var idle = hasContent || config.FirstContent > config.Idle ? config.Idle : config.FirstContent;
        if (silence >= idle)
        {
            return new StreamPatience(StreamDue.Cut, TimeSpan.Zero);
        }

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
