namespace Gateway.Observability.History;

/// <summary>Keeps the state folder and its databases from the machine's other users: keys and stored responses are private.</summary>
/// <remarks>SQLite gives its journal, WAL and shared-memory files the mode of their database, so that a database made with 0600 keeps all
/// of them private.</remarks>
internal static class StateFolder
{
    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes a folder with mode 0700 and an empty database with 0600 where they are missing, and tightens what is there.</summary>
    /// <returns>False: the folder or a database stays readable for others, because it belongs to another user or is shared on purpose, as
    /// <c>/tmp</c> is.</returns>
    /// <remarks>Throws only if the folder cannot be made. Whether the database can be used, SQLite says better.</remarks>
    public static bool Prepare(string database)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(database))!;
        if (OperatingSystem.IsWindows())
        {
            // The folder's access list decides there, and new files inherit it.
            Directory.CreateDirectory(folder);
            return true;
        }

        Directory.CreateDirectory(folder, FolderMode);
        var isPrivate = Tighten(folder, FolderMode);
        try
        {
            if (!File.Exists(database))
            {
                using var made = new FileStream(
                    database,
                    new FileStreamOptions
                    {
                        Mode = System.IO.FileMode.OpenOrCreate,
                        Access = FileAccess.ReadWrite,
                        Share = FileShare.ReadWrite,
                        UnixCreateMode = FileMode
                    });
            }

            // The database's own companions and what was set aside.
            foreach (var file in Directory.EnumerateFiles(folder, Path.GetFileName(database) + "*"))
            {
                isPrivate &= Tighten(file, FileMode);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A full or read-only disk: opening the database fails next, and that failure is told.
            return isPrivate;
        }

        return isPrivate;
    }

    /// <summary>Makes the folder with mode 0700 where it is missing. False: it cannot be made.</summary>
    public static bool TryCreate(string folder)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(folder, FolderMode);
            }

            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private static bool Tighten(string path, UnixFileMode most)
    {
        try
        {
            var mode = File.GetUnixFileMode(path);
            var tight = mode & most;
            if (mode == tight)
            {
                return true;
            }

            // A folder with the sticky bit is shared by design; to close it would break other programs.
            if ((mode & UnixFileMode.StickyBit) != UnixFileMode.None)
            {
                return false;
            }

            File.SetUnixFileMode(path, tight);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile (a WAL is deleted on close), or not ours to change.
            return !Path.Exists(path);
        }
    }
}
