using System.Buffers;

namespace Gateway.Forwarding.Requests;

/// <summary>
/// Bytes in a rented array that grows as they come. It has one owner: assigning it to another moves it there, and only that one may go on
/// with it.
/// </summary>
internal struct PooledBytes
{
    private byte[]? _rented;

    /// <summary>How many there are.</summary>
    public int Length { get; private set; }

    /// <summary>All of them.</summary>
    public readonly ReadOnlyMemory<byte> Memory => _rented.AsMemory(0, Length);

    /// <summary>None yet, and room for some.</summary>
    public static PooledBytes WithRoom(int size) => new() { _rented = ArrayPool<byte>.Shared.Rent(size) };

    /// <summary>Adds some.</summary>
    /// <param name="bytes">Them.</param>
    /// <param name="limit">So many there will be at most.</param>
    public void Append(in ReadOnlySequence<byte> bytes, long limit)
    {
        var length = Length + (int)bytes.Length;
        if (_rented is null || length > _rented.Length)
        {
            Grow((int)Math.Min(limit, Math.Max(length, 2L * (_rented?.Length ?? 0))));
        }

        bytes.CopyTo(_rented.AsSpan(Length));
        Length = length;
    }

    /// <summary>Gives the array back. They must not be read after that.</summary>
    public readonly void Return()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }

    private void Grow(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        Memory.CopyTo(larger);
        Return();
        _rented = larger;
    }
}
