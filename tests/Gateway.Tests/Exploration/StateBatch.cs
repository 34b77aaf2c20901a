using System.Buffers.Binary;

namespace Gateway.Tests.Exploration;

/// <summary>Visits a state of a batch.</summary>
internal delegate void StateVisitor(int place, ReadOnlySpan<byte> state);

/// <summary>
/// States in their canonical form, one behind the other, each with its place in the graph: what is still to be looked at.
/// </summary>
internal sealed class StateBatch
{
    private const int ChunkLength = 32 * 1024;
    private const int HeadLength = sizeof(int) + sizeof(ushort);

    private readonly List<(byte[] Bytes, int Used)> _chunks = [];
    private byte[] _open = [];
    private int _used;

    /// <summary>Pieces that can be visited beside one another. Call <see cref="Close"/> before.</summary>
    public int Pieces => _chunks.Count;

    /// <summary>Adds a state.</summary>
    public void Add(int place, ReadOnlySpan<byte> state)
    {
        if (_used + HeadLength + state.Length > _open.Length)
        {
            Close();
            _open = new byte[ChunkLength];
        }

        var into = _open.AsSpan(_used);
        BinaryPrimitives.WriteInt32LittleEndian(into, place);
        BinaryPrimitives.WriteUInt16LittleEndian(into[sizeof(int)..], checked((ushort)state.Length));
        state.CopyTo(into[HeadLength..]);
        _used += HeadLength + state.Length;
    }

    /// <summary>Adds all of another batch; both are closed.</summary>
    public void AddAll(StateBatch other)
    {
        Close();
        other.Close();
        _chunks.AddRange(other._chunks);
    }

    /// <summary>What was added can be visited.</summary>
    public void Close()
    {
        if (_used > 0)
        {
            // The beginning of a chunk costs no more than what is in it.
            _chunks.Add((_used < ChunkLength / 2 ? _open[.._used] : _open, _used));
        }

        (_open, _used) = ([], 0);
    }

    /// <summary>Visits the states of a piece.</summary>
    public void Visit(int piece, StateVisitor visitor)
    {
        var (bytes, used) = _chunks[piece];
        for (var at = 0; at < used;)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at + sizeof(int)));
            visitor(BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at)), bytes.AsSpan(at + HeadLength, length));
            at += HeadLength + length;
        }
    }
}
