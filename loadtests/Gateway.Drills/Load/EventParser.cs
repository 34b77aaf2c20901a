using System.Text;

namespace Gateway.Drills.Load;

/// <summary>Reads a server-sent event stream in pieces, as far as drills need it: ids, error events, comments.</summary>
internal sealed class EventParser
{
    private readonly List<byte> _line = [];
    private readonly List<int> _ids = [];
    private string _event = string.Empty;
    private int? _id;
    private bool _hasData;

    /// <summary>The ids of the events that carried data, in the order in which they came.</summary>
    public IReadOnlyList<int> Ids => _ids;

    /// <summary>How many events carried data.</summary>
    public int Events { get; private set; }

    /// <summary>How many comment lines came.</summary>
    public int Comments { get; private set; }

    /// <summary>An event of the type "error" came: the stream's visible end.</summary>
    public bool SawError { get; private set; }

    /// <summary>An event of the type "done" came: the guide had said everything.</summary>
    public bool SawDone { get; private set; }

    /// <summary>Each id is one more than the one before it: none missing, none twice.</summary>
    public bool AreIdsWhole => _ids.Count > 0 && _ids[0] is 0 or 1 && _ids.Index().All(pair => pair.Item == pair.Index + _ids[0]);

    /// <summary>Takes the next bytes.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            if (value == (byte)'\n')
            {
                EndLine();
            }
            else if (value != (byte)'\r')
            {
                _line.Add(value);
            }
        }
    }

    private void EndLine()
    {
        var line = Encoding.UTF8.GetString(_line.ToArray());
        _line.Clear();
        if (line.Length == 0)
        {
            EndEvent();
            return;
        }

        var colon = line.IndexOf(':', StringComparison.Ordinal);
        var (field, value) = colon < 0 ? (line, string.Empty) : (line[..colon], line[(colon + 1)..].TrimStart(' '));
        switch (field)
        {
            case "":
                Comments++;
                break;
            case "event":
                _event = value;
                break;
            case "id" when int.TryParse(value, out var id):
                _id = id;
                break;
            case "data":
                _hasData = true;
                break;
        }
    }

    private void EndEvent()
    {
        if (_hasData)
        {
            Events++;
            if (string.Equals(_event, "error", StringComparison.Ordinal))
            {
                SawError = true;
            }
            else if (string.Equals(_event, "done", StringComparison.Ordinal))
            {
                SawDone = true;
            }
            else if (_id is { } id)
            {
                _ids.Add(id);
            }
        }

        (_event, _id, _hasData) = (string.Empty, null, false);
    }
}
