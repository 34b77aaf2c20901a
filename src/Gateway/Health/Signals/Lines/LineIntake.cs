namespace Gateway.Health.Signals.Lines;

/// <summary>
/// The lines that wait for one signal, bounded in number and bytes: what comes faster than it is taken is left out. Any thread may add.
/// </summary>
internal sealed class LineIntake
{
    /// <summary>So many bytes wait at most.</summary>
    public const int MostBytes = 4 * 1024 * 1024;

    /// <summary>So many lines wait at most.</summary>
    public const int MostLines = 50_000;

    private readonly Lock _gate = new();
    private List<SourceLine> _waiting = [];
    private List<SourceLine> _taken = [];
    private int _bytes;
    private bool _leftOut;

    /// <summary>Adds a line; false: there is no room for it.</summary>
    public bool Add(in SourceLine line)
    {
        lock (_gate)
        {
            if (_waiting.Count >= MostLines || _bytes + line.Text.Length > MostBytes)
            {
                _leftOut = true;
                return false;
            }

            _waiting.Add(line);
            _bytes += line.Text.Length;
            return true;
        }
    }

    /// <summary>What has come since the last call; it is valid until the next.</summary>
    /// <param name="leftOut">Lines were left out.</param>
    public IReadOnlyList<SourceLine> Take(out bool leftOut)
    {
        lock (_gate)
        {
            _taken.Clear();
            (_waiting, _taken) = (_taken, _waiting);
            (leftOut, _leftOut, _bytes) = (_leftOut, false, 0);
            return _taken;
        }
    }
}
