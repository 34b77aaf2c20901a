namespace Gateway.Fallback;

/// <summary>Lists what may be read of a folder: plain files below it, at most so many, none through a link that leads outside.</summary>
internal static class FallbackFolder
{
    /// <summary>The most files that are listed; the rest is a problem of the folder's.</summary>
    public const int MostFiles = 1000;

    /// <summary>The deepest level of folders.</summary>
    public const int DeepestLevel = 8;

    /// <summary>One file that was found, and what tells whether it changed.</summary>
    /// <param name="Name">Its path below the folder, with slashes.</param>
    /// <param name="RealPath">Where it really is.</param>
    /// <param name="Length">In bytes.</param>
    /// <param name="Written">Its time of last change.</param>
    internal readonly record struct Entry(string Name, string RealPath, long Length, DateTime Written);

    /// <summary>
    /// The files in the order of their names, so that a limit always hits the same ones. Hidden entries are passed over: Kubernetes keeps
    /// a ConfigMap's generations there.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be listed.</exception>
    public static List<Entry> List(string folder, List<FallbackFileProblem> problems)
    {
        var entries = new List<Entry>();
        string root = RealPath.Of(folder) ?? throw new DirectoryNotFoundException("The folder of the static fallback does not exist.");
        int folders = 0;
        AddBelow(root, root, "", [], entries, problems, ref folders);
        return entries;
    }

    private static void AddBelow(
        string root,
        string folder,
        string prefix,
        List<string> way,
        List<Entry> entries,
        List<FallbackFileProblem> problems,
        ref int folders)
    {
        // Links can make a small tree endless: by a circle, or by folders that name each other many times over.
        if (way.Contains(folder, StringComparer.Ordinal) || way.Count > DeepestLevel || ++folders > MostFiles)
        {
            problems.Add(new(
                prefix,
                $"The folder '{prefix}' is not read: it leads in a circle, lies deeper than {DeepestLevel} levels, or is one of more than "
                    + $"{MostFiles}. Make the tree plainer."));
            return;
        }

        way.Add(folder);
        try
        {
            AddChildren(root, folder, prefix, way, entries, problems, ref folders);
        }
        catch (Exception e) when (prefix.Length > 0 && e is (IOException or UnauthorizedAccessException))
        {
            // One folder that cannot be listed takes no other file with it.
            problems.Add(new(prefix, $"The folder '{prefix}' cannot be listed ({e.GetType().Name}); check its owner and permissions."));
        }

        way.RemoveAt(way.Count - 1);
    }

    private static void AddChildren(
        string root,
        string folder,
        string prefix,
        List<string> way,
        List<Entry> entries,
        List<FallbackFileProblem> problems,
        ref int folders)
    {
        var children = new List<string>(Directory.EnumerateFileSystemEntries(folder));
        children.Sort(StringComparer.Ordinal);
        foreach (string path in children)
        {
            string own = Path.GetFileName(path);
            if (own.StartsWith('.'))
            {
                continue;
            }

            string name = prefix + own;
            string? real = RealPath.Of(path);
            if (real is null)
            {
                problems.Add(new(name, $"'{name}' is a link that leads nowhere; remove it or restore what it points to."));
            }
            else if (!RealPath.IsBelow(real, root))
            {
                problems.Add(new(name, $"'{name}' is a link that leads out of the folder and is not followed; put a copy there instead."));
            }
            else if (Directory.Exists(real))
            {
                AddBelow(root, real, name + "/", way, entries, problems, ref folders);
            }
            else if (entries.Count >= MostFiles)
            {
                problems.Add(new(
                    "",
                    $"The folder holds more than {MostFiles} files; those from '{name}' on are not read. Remove what no 'file:' step "
                        + $"names."));
                return;
            }
            else
            {
                var info = new FileInfo(real);
                entries.Add(new Entry(name, real, info.Length, info.LastWriteTimeUtc));
            }
        }
    }
}
