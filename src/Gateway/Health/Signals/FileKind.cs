using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Gateway.Health.Signals;

/// <summary>
/// Whether a path is a regular file. To open a named pipe waits until another process writes to it, and a device may have no end.
/// </summary>
internal static class FileKind
{
    private const int CurrentFolder = -100;
    private const uint TypeAlone = 1;
    private const int ModeOffset = 28;
    private const int KindMask = 0xF000;
    private const int Regular = 0x8000;

    /// <summary>False: a pipe, a socket, a device or a folder, also behind a link. What is not known counts as regular.</summary>
    public static bool IsRegular(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        // "struct statx" is the same on every architecture; it has 256 bytes.
        var status = new byte[256];
        try
        {
            return StatX(CurrentFolder, path, 0, TypeAlone, status) != 0
                || (BinaryPrimitives.ReadUInt16LittleEndian(status.AsSpan(ModeOffset)) & KindMask) == Regular;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library of before 2018.
            return true;
        }
    }

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int StatX(
        int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] status);
}
