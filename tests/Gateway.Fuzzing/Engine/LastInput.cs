using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;

namespace Gateway.Fuzzing.Engine;

/// <summary>
/// The input that runs, in a file that is mapped into memory: what it does to the process (a stack that overflows ends it at once), its
/// bytes are left.
/// </summary>
internal sealed unsafe class LastInput : IDisposable
{
    private const int Head = sizeof(int);

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _bytes;
    private readonly int _most;

    /// <param name="path">The file.</param>
    /// <param name="most">Inputs are not longer, in bytes.</param>
    public LastInput(string path, int most)
    {
        _most = most;

        // Not shared: a second run that made the file shorter would end the first.
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        file.SetLength(Head + most);
        _file = MemoryMappedFile.CreateFromFile(
            file, mapName: null, Head + most, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor();
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _bytes);
    }

    /// <summary>This one runs now.</summary>
    public void Write(ReadOnlySpan<byte> input)
    {
        var to = new Span<byte>(_bytes, Head + _most);
        BinaryPrimitives.WriteInt32LittleEndian(to, input.Length);
        input.CopyTo(to[Head..]);
    }

    /// <summary>What ran last.</summary>
    public static byte[] Read(string path)
    {
        var file = File.ReadAllBytes(path);
        return file.AsSpan(Head, BinaryPrimitives.ReadInt32LittleEndian(file)).ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
