namespace Gateway.Fallback;

/// <summary>Where a path leads once every symbolic link in it, those of its folders too, is followed.</summary>
internal static class RealPath
{
    private const int MostLinks = 40;

    /// <summary>The real path; null when a part does not exist or the links run in a circle.</summary>
    public static string? Of(string path)
    {
        string full = Path.GetFullPath(path);
        string root = Path.GetPathRoot(full)!;
        string current = root;
        var rest = new Stack<string>(full[root.Length..].Split(Path.DirectorySeparatorChar).Reverse());
        int links = 0;
        while (rest.TryPop(out string? part))
        {
            if (part is "" or ".")
            {
                continue;
            }

            if (part is "..")
            {
                current = Path.GetDirectoryName(current) ?? root;
                continue;
            }

            string next = Path.Combine(current, part);
            var info = new FileInfo(next);
            if (info.LinkTarget is { } target)
            {
                if (++links > MostLinks)
                {
                    return null;
                }

                current = Path.IsPathRooted(target) ? Path.GetPathRoot(target)! : current;
                foreach (string piece in target.Split(Path.DirectorySeparatorChar).Reverse())
                {
                    rest.Push(piece);
                }
            }
            else if (info.Exists || Directory.Exists(next))
            {
                current = next;
            }
            else
            {
                return null;
            }
        }

        return current;
    }

    /// <summary>True when the path lies below the folder; both real.</summary>
    public static bool IsBelow(string path, string folder) =>
        path.StartsWith(
            folder.EndsWith(Path.DirectorySeparatorChar) ? folder : folder + Path.DirectorySeparatorChar,
            StringComparison.Ordinal);
}
