using System.Globalization;

namespace Gateway.Observability.History;

/// <summary>
/// Holds a state folder for one gateway: two on the same would overwrite one another's journal, ledger and last good responses. The lock is
/// the kernel's, on an open file, so that it ends with the process however that ends. A folder in which nothing can be written is not held:
/// nothing can be overwritten there either.
/// </summary>
internal sealed class StateLock : IDisposable
{
    private const string LockName = "gateway.lock";
    private const string HolderName = "gateway.pid";

    // A gateway that is being replaced may take a moment to end.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly FileStream? _file;

    private StateLock(FileStream? file) => _file = file;

    /// <summary>Takes the folder.</summary>
    /// <exception cref="IOException">Another gateway has it; the message says which.</exception>
    public static async Task<StateLock> TakeAsync(string folder, TimeProvider time, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(folder);
        if (!StateFolder.TryCreate(path))
        {
            return new StateLock(null);
        }

        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                var file = new FileStream(Path.Combine(path, LockName), OptionsOf(FileMode.OpenOrCreate));
                TellHolder(path);
                return new StateLock(file);
            }
            catch (IOException e) when (IsHeld(e))
            {
                if (time.GetElapsedTime(since) > Patience)
                {
                    throw new IOException(
                        $"Another gateway{HolderOf(path)} uses the state folder \"{path}\". End that one, or give this one a folder of its "
                            + $"own with the key \"state\".",
                        e);
                }

                await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return new StateLock(null);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private static FileStreamOptions OptionsOf(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    // EAGAIN of Linux and of macOS; the sharing violation of Windows.
    private static bool IsHeld(IOException failure) => failure.HResult is 11 or 35 or unchecked((int)0x80070020);

    // Beside the lock, for a locked file cannot be read everywhere. It is for people: nothing goes by it.
    private static void TellHolder(string folder)
    {
        try
        {
            using var file = new StreamWriter(new FileStream(Path.Combine(folder, HolderName), OptionsOf(FileMode.Create)));
            file.Write(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk: the lock holds without it.
        }
    }

    private static string HolderOf(string folder)
    {
        try
        {
            return int.TryParse(
                File.ReadAllText(Path.Combine(folder, HolderName)),
                NumberStyles.AllowTrailingWhite,
                CultureInfo.InvariantCulture,
                out var process)
                ? string.Create(CultureInfo.InvariantCulture, $" (process {process})")
                : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
