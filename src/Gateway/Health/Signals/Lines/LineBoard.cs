namespace Gateway.Health.Signals.Lines;

/// <summary>
/// Hands lines of journals, syslog and pushes to the signals that subscribe to them, of whatever cluster. Any thread may call.
/// </summary>
internal sealed class LineBoard
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (List<LineIntake> Intakes, bool IsHeard)> _topics = new(StringComparer.Ordinal);

    /// <summary>From now on the lines of a topic go there, too.</summary>
    public void Subscribe(string topic, LineIntake intake)
    {
        lock (_gate)
        {
            if (!_topics.TryGetValue(topic, out var known))
            {
                _topics.Add(topic, known = ([], false));
            }

            known.Intakes.Add(intake);
        }
    }

    /// <summary>No longer.</summary>
    public void Unsubscribe(string topic, LineIntake intake)
    {
        lock (_gate)
        {
            if (_topics.TryGetValue(topic, out var known) && known.Intakes.Remove(intake) && known.Intakes.Count == 0)
            {
                _topics.Remove(topic);
            }
        }
    }

    /// <summary>Some signal subscribes to a topic.</summary>
    public bool IsWanted(string topic)
    {
        lock (_gate)
        {
            return _topics.ContainsKey(topic);
        }
    }

    /// <summary>Lines came, or would come if there were any: that no line matches means something.</summary>
    public bool IsHeard(string topic)
    {
        lock (_gate)
        {
            return _topics.TryGetValue(topic, out var known) && known.IsHeard;
        }
    }

    /// <summary>Whether a source is followed without having sent anything.</summary>
    public void Hear(string topic, bool isHeard)
    {
        lock (_gate)
        {
            if (_topics.TryGetValue(topic, out var known))
            {
                _topics[topic] = (known.Intakes, isHeard);
            }
        }
    }

    /// <summary>A line came; false: no signal has room for it.</summary>
    /// <param name="topic">The source.</param>
    /// <param name="text">The line without its end; it is copied, as far as it is looked at.</param>
    /// <param name="from">A text in which the name of its destination may stand; null: there is none.</param>
    /// <param name="host">The host that sent it; null: it is not known.</param>
    public bool Publish(string topic, ReadOnlySpan<byte> text, string? from, string? host)
    {
        var line = new SourceLine(text[..Math.Min(text.Length, LogTail.LongestLine)].ToArray(), from, host);
        lock (_gate)
        {
            if (!_topics.TryGetValue(topic, out var known))
            {
                return false;
            }

            if (!known.IsHeard)
            {
                _topics[topic] = (known.Intakes, true);
            }

            var any = false;
            foreach (var intake in known.Intakes)
            {
                any |= intake.Add(line);
            }

            return any;
        }
    }
}
