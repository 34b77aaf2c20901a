using System.Text;

namespace Gateway.Drills.Load;

/// <summary>
/// The guides that answered, as small numbers: a ledger entry holds a byte instead of a string. At most 255 names;
/// whatever comes after them counts as unnamed.
/// </summary>
internal sealed class SourceNames
{
    private readonly Lock _gate = new();
    private volatile (byte[] Bytes, string Text)[] _names = [([], string.Empty)];

    /// <summary>The names by number; number 0 is the empty name.</summary>
    public IReadOnlyList<string> All => [.. _names.Select(name => name.Text)];

    /// <summary>The number of a name, new or known.</summary>
    public byte NumberOf(ReadOnlySpan<byte> name)
    {
        var known = Find(name);
        return known >= 0 ? (byte)known : Add(name.ToArray());
    }

    private int Find(ReadOnlySpan<byte> name)
    {
        var names = _names;
        for (var i = 0; i < names.Length; i++)
        {
            if (name.SequenceEqual(names[i].Bytes))
            {
                return i;
            }
        }

        return -1;
    }

    private byte Add(byte[] name)
    {
        lock (_gate)
        {
            var known = Find(name);
            if (known >= 0 || _names.Length == byte.MaxValue)
            {
                return (byte)Math.Max(known, 0);
            }

            _names = [.. _names, (name, Encoding.UTF8.GetString(name))];
            return (byte)(_names.Length - 1);
        }
    }
}
