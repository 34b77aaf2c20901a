using System.Runtime.InteropServices;
using System.Text;

namespace SampleGuide;

/// <summary>
/// A file that several guides append to at once. .NET's FileMode.Append seeks to the end and writes there, so that two processes
/// overwrite each other; the C library's mode "a" is the kernel's O_APPEND, and one flushed line is one write. A line that was
/// acknowledged survives kill -9. Not on Windows.
/// </summary>
internal sealed class OrderFile
{
    private readonly Lock _writing = new();
    private readonly nint _file;
    private readonly string _path;

    public OrderFile(string path)
    {
        _path = path;
        _file = Open(path, "a");
        if (_file == 0)
        {
            throw new IOException($"The file of orders '{path}' cannot be opened for appending (error {Marshal.GetLastPInvokeError()}).");
        }
    }

    public void Append(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line);
        lock (_writing)
        {
            if (Write(bytes, 1, (nuint)bytes.Length, _file) != (nuint)bytes.Length || Flush(_file) != 0)
            {
                throw new IOException($"The file of orders '{_path}' cannot be written (error {Marshal.GetLastPInvokeError()}).");
            }
        }
    }

    [DllImport("libc", EntryPoint = "fopen", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern nint Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, [MarshalAs(UnmanagedType.LPUTF8Str)] string mode);

    [DllImport("libc", EntryPoint = "fwrite", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern nuint Write(byte[] bytes, nuint size, nuint count, nint file);

    [DllImport("libc", EntryPoint = "fflush", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Flush(nint file);
}
