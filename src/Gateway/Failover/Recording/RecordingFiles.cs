using System.Text.Json;
using Gateway.Health.Forecast;
using Gateway.Health.Signals;

namespace Gateway.Failover.Recording;

/// <summary>Reads a recording, a file or a folder of them, line by line.</summary>
internal static class RecordingFiles
{
    /// <summary>
    /// The files of a recording, the oldest first. One without a whole line is left out: the gateway was killed, or the disk full, when
    /// it was begun.
    /// </summary>
    /// <exception cref="IOException">There is none.</exception>
    public static IReadOnlyList<string> Of(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }

        string[] files =
        [
            .. Directory.EnumerateFiles(path, "*" + RecordingFolder.Ending).Where(static file => FileKind.IsRegular(file) && HasLine(file))
                .Order(StringComparer.Ordinal),
        ];
        return files.Length > 0 ? files : throw new IOException(
            $"The folder \"{path}\" has no file *{RecordingFolder.Ending} with a whole line.");
    }

    /// <summary>The lines of a file. The last one may be torn: the gateway was killed while it wrote.</summary>
    /// <exception cref="RecordingException">A line is none of a recording.</exception>
    public static IEnumerable<RecordedLine> Read(string path)
    {
        using var text = new StreamReader(Open(path));
        var any = false;
        for (var number = 1; BoundedLines.Read(text, number) is { } line; number++)
        {
            if (line.Length == 0)
            {
                continue;
            }

            RecordedLine? read = null;
            try
            {
                read = JsonSerializer.Deserialize<RecordedLine>(line, RecordingJson.Options);
            }
            catch (Exception e) when (e is JsonException or NotSupportedException or UriFormatException)
            {
                if (text.Peek() < 0 && number > 1)
                {
                    yield break;
                }

                throw new RecordingException(number, "it is not JSON of a recording");
            }

            if (read is null || (number == 1 && read.Checkpoint is null))
            {
                throw new RecordingException(number, "a recording begins with a line {\"checkpoint\":…}");
            }

            if (read.Checkpoint is { Version: not Checkpoint.Current } other)
            {
                throw new RecordingException(number, $"its version is {other.Version}, and this gateway reads {Checkpoint.Current}");
            }

            any = true;
            yield return read;
        }

        if (!any)
        {
            throw new RecordingException(1, "the file is empty");
        }
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    private static bool HasLine(string path)
    {
        using var file = Open(path);
        var buffer = new byte[16 * 1024];
        int count;
        while ((count = file.Read(buffer)) > 0)
        {
            if (buffer.AsSpan(0, count).Contains((byte)'\n'))
            {
                return true;
            }
        }

        return false;
    }
}
