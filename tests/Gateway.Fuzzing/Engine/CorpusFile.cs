using System.Globalization;
using System.Text;

namespace Gateway.Fuzzing.Engine;

/// <summary>
/// Inputs as a text file, a line each, so that a change of the corpus can be read: printable characters as they are, a backslash doubled,
/// other bytes as <c>\n</c>, <c>\r</c>, <c>\t</c> or <c>\xNN</c>; <c>\e</c> is the empty input. A line that begins with <c>#</c> says
/// what the next one is.
/// </summary>
internal static class CorpusFile
{
    private const string Empty = @"\e";

    /// <summary>The inputs of a file; none if it is not there.</summary>
    public static IEnumerable<byte[]> Read(string path) =>
        !File.Exists(path) ? [] : File.ReadLines(path).Where(static line => line.Length > 0 && line[0] != '#').Select(InputOf);

    /// <summary>An input as a line.</summary>
    public static string LineOf(ReadOnlySpan<byte> input)
    {
        var line = new StringBuilder(input.Length);
        for (var i = 0; i < input.Length; i++)
        {
            // A blank at an end would not outlive an editor.
            var isEdge = i == 0 || i == input.Length - 1;
            _ = input[i] switch
            {
                (byte)'\\' => line.Append(@"\\"),
                (byte)'\n' => line.Append(@"\n"),
                (byte)'\r' => line.Append(@"\r"),
                (byte)'\t' => line.Append(@"\t"),
                (byte)'#' or (byte)' ' when isEdge => line.Append(CultureInfo.InvariantCulture, $"\\x{input[i]:x2}"),
                >= (byte)' ' and <= (byte)'~' => line.Append((char)input[i]),
                _ => line.Append(CultureInfo.InvariantCulture, $"\\x{input[i]:x2}"),
            };
        }

        return line.Length == 0 ? Empty : line.ToString();
    }

    /// <summary>The input of a line.</summary>
    public static byte[] InputOf(string line)
    {
        var input = new List<byte>(line.Length);
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] != '\\')
            {
                input.Add((byte)line[i]);
                continue;
            }

            switch (line[++i])
            {
                case 'x':
                    input.Add(byte.Parse(line.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                    i += 2;
                    break;
                case 'e':
                    break;
                case var letter:
                    input.Add((byte)(letter switch { 'n' => '\n', 'r' => '\r', 't' => '\t', _ => letter }));
                    break;
            }
        }

        return [.. input];
    }
}
