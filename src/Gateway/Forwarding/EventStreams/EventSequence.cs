namespace Gateway.Forwarding.EventStreams;

/// <summary>
/// Decides which of the received events go on to the user: whole ones, and after a change of destination only those that the user does not
/// have yet.
/// </summary>
/// <param name="buffer">What was received.</param>
/// <param name="resume">Where the stream can go on at another destination; null: it never does.</param>
/// <param name="onContent">Called for each event with data.</param>
internal sealed class EventSequence(EventBuffer buffer, ResumePoint? resume, Action onContent)
{
    private ResumePoint? _resume = resume;

    /// <summary>The user has the first part of an event, and nothing but its rest can follow.</summary>
    public bool IsInsideEvent { get; private set; }

    /// <summary>The id of the last event that the user has; null: there is none to go on from.</summary>
    public string? LastId => _resume?.LastId;

    /// <summary>The stream goes on at another destination.</summary>
    public void Resumed() => _resume?.Resumed();

    /// <summary>Takes the whole events from the start of the buffer, or a piece of one that is longer than is kept.</summary>
    /// <param name="count">So many bytes are to be handed on; 0: none is here.</param>
    /// <returns>False: an event is missing, and the stream cannot go on truthfully.</returns>
    public bool TryTake(out int count)
    {
        count = 0;
        while (buffer.TryFindEvent(count, out var length))
        {
            var step = Decide(count, length);
            if (step == ResumeStep.Lost)
            {
                return false;
            }

            if (step == ResumeStep.Skip)
            {
                if (count > 0)
                {
                    // What comes before it goes first; it is looked at again after that.
                    break;
                }

                buffer.Consume(length);
                continue;
            }

            IsInsideEvent = false;
            count += length;
        }

        if (count == 0 && buffer.IsFull)
        {
            count = TakePiece();
        }

        return true;
    }

    /// <summary>Takes whole events before the user has any: none is skipped.</summary>
    /// <param name="count">So many bytes were taken before, and stay.</param>
    /// <returns>So many are taken now.</returns>
    public int TakeFirst(int count)
    {
        while (buffer.TryFindEvent(count, out var length))
        {
            Decide(count, length);
            count += length;
        }

        return count;
    }

    /// <summary>
    /// What <see cref="TakeFirst"/> took stays in the buffer, and is taken once more: the user has none of it, so that no id of it counts
    /// yet.
    /// </summary>
    public void StartAgain()
    {
        _resume = _resume is null ? null : new ResumePoint();
        buffer.Rescan();
    }

    /// <summary>
    /// The event is longer than is kept: a piece of it is handed on. Its id may be in a piece that is gone, so this stream cannot be
    /// resumed truthfully any more.
    /// </summary>
    public int TakePiece()
    {
        IsInsideEvent = true;
        onContent();
        _resume = null;
        return buffer.TakePiece();
    }

    /// <summary>
    /// What stands behind the last whole event when the stream ends cleanly. The specification makes no event of it, but many clients do,
    /// and without us every one would get it.
    /// </summary>
    /// <inheritdoc cref="TryTake"/>
    public bool TryTakeRest(out int count)
    {
        var step = IsInsideEvent ? ResumeStep.HandOn : Decide(0, buffer.Length);
        if (step == ResumeStep.Skip)
        {
            buffer.Consume(buffer.Length);
        }

        count = step == ResumeStep.HandOn ? buffer.Length : 0;
        return step != ResumeStep.Lost;
    }

    /// <summary>Reads one event, and decides what becomes of it.</summary>
    private ResumeStep Decide(int start, int length)
    {
        var oneEvent = buffer.Read(start, length);
        var fields = EventScanner.Read(oneEvent);
        var step = _resume is not null && fields.Id is { } id ? _resume.Next(oneEvent[id]) : ResumeStep.HandOn;
        if (fields.HasData && step == ResumeStep.HandOn)
        {
            onContent();
        }

        return step;
    }
}
