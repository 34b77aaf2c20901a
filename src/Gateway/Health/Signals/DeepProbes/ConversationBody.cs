using System.Collections.Immutable;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Probing;

namespace Gateway.Health.Signals.DeepProbes;

/// <summary>The body of a conversation as it comes, up to a limit. Not thread-safe; nothing of it is trusted.</summary>
/// <param name="isEventStream">It is an event stream: content is what stands in data.</param>
internal sealed class ConversationBody(bool isEventStream)
{
    /// <summary>So much of it is looked at.</summary>
    public const int MostBytes = 64 * 1024;

    private readonly byte[] _kept = new byte[MostBytes];
    private int _length;

    /// <summary>Some content has come.</summary>
    public bool HasContent { get; private set; }

    /// <summary>Takes what came.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(bytes.Length, _kept.Length - _length);
        bytes[..count].CopyTo(_kept.AsSpan(_length));
        _length += count;
        HasContent = HasContent || (isEventStream ? Events().Any() : bytes.ContainsAnyExcept(" \t\r\n"u8));
    }

    /// <summary>What is missing; <see cref="FailureCause.None"/>: nothing.</summary>
    public FailureCause Judge(ExpectedResponse expected)
    {
        if (!string.IsNullOrEmpty(expected.Body) && _kept.AsSpan(0, _length).IndexOf(Encoding.UTF8.GetBytes(expected.Body)) < 0)
        {
            return FailureCause.UnexpectedBody;
        }

        return expected.Json.IsEmpty || (isEventStream ? Events().Any(HasAll) : HasAll(_kept.AsMemory(0, _length)))
            ? FailureCause.None
            : FailureCause.UnexpectedJson;

        bool HasAll(ReadOnlyMemory<byte> json) => ProbeBody.HasAll(json, expected.Json);
    }

    // The data of each line that has any; a line whose end has not come yet is none.
    private IEnumerable<ReadOnlyMemory<byte>> Events()
    {
        for (var at = 0; at < _length;)
        {
            var end = _kept.AsSpan(at, _length - at).IndexOf((byte)'\n');
            if (end < 0)
            {
                yield break;
            }

            var line = _kept.AsMemory(at, end);
            at += end + 1;
            if (line.Span.StartsWith("data:"u8) && line[5..].Trim(" \r"u8) is { IsEmpty: false } data)
            {
                yield return data;
            }
        }
    }
}
