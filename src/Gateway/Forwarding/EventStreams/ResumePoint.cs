using System.Globalization;
using System.Text;

namespace Gateway.Forwarding.EventStreams;

/// <summary>
/// Remembers which events of one stream a user has, so that after a change of destination none is repeated and none
/// is lost, whether or not the new destination honours <c>Last-Event-ID</c>. Numbers are compared; other ids are
/// looked up among the last ones seen.
/// </summary>
internal sealed class ResumePoint
{
    private const int Remembered = 1024;

    /// <summary>A longer id is no position that a header could carry everywhere.</summary>
    private const int LongestId = 1024;

    private readonly Queue<string> _recent = new();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private bool _consecutive = true;
    private bool _afterResume;
    private bool _skipping;

    /// <summary>
    /// The id of the last event that the user has, one character a byte, as headers are written; null: no event had one, or the last one
    /// took the position back by an empty id (WHATWG HTML, section 9.2.6), or had one that no header can carry.
    /// </summary>
    public string? LastId { get; private set; }

    /// <summary>The stream goes on at another destination.</summary>
    public void Resumed() => _afterResume = true;

    /// <summary>Decides about the next event.</summary>
    public ResumeStep Next(ReadOnlySpan<byte> id)
    {
        if (id.IsEmpty || id.Length > LongestId || id.ContainsAnyInRange((byte)0, (byte)0x1F) || id.Contains((byte)0x7F))
        {
            LastId = null;
            _consecutive = false;
            return ResumeStep.HandOn;
        }

        var text = Encoding.Latin1.GetString(id);
        var number = NumberOf(text);
        var last = NumberOf(LastId);
        if (_afterResume)
        {
            if (number is not null && last is not null)
            {
                if (number <= last)
                {
                    return ResumeStep.Skip;
                }

                // Ids went up by one so far: a hole now is a response that lost something on the way.
                if (_consecutive && number > last + 1)
                {
                    return ResumeStep.Lost;
                }
            }
            else if (_seen.Contains(text) || _skipping)
            {
                // It began again from the start: everything up to the last known one is old.
                _skipping = !string.Equals(text, LastId, StringComparison.Ordinal);
                return ResumeStep.Skip;
            }

            _afterResume = false;
        }
        else if (LastId is not null)
        {
            _consecutive &= number is not null && last is not null && number == last + 1;
        }

        LastId = text;
        if (number is null && _seen.Add(text))
        {
            _recent.Enqueue(text);
            if (_recent.Count > Remembered)
            {
                _seen.Remove(_recent.Dequeue());
            }
        }

        return ResumeStep.HandOn;
    }

    private static long? NumberOf(string? id) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>What to do with an event.</summary>
internal enum ResumeStep
{
    /// <summary>The user does not have it yet.</summary>
    HandOn,

    /// <summary>The user has it already.</summary>
    Skip,

    /// <summary>Something between the last one and this one is missing: the stream cannot go on truthfully.</summary>
    Lost,
}
