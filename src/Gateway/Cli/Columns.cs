using System.Text;

namespace Gateway.Cli;

/// <summary>
/// Text for a terminal of 100 columns: wrapped at blanks, further lines indented, tables with columns as wide as they need.
/// </summary>
internal static class Columns
{
    /// <summary>No line of a command is longer, unless a single word is.</summary>
    public const int Width = 100;

    /// <summary>
    /// Appends a text behind <paramref name="first"/>; what does not fit goes on below, behind as many blanks as <paramref name="indent"/>
    /// says.
    /// </summary>
    public static void Append(StringBuilder to, string first, string text, int indent)
    {
        to.Append(first);
        var column = first.Length;
        var isFirst = true;
        foreach (var line in text.Split('\n'))
        {
            if (!isFirst)
            {
                to.Append('\n').Append(' ', indent);
                column = indent;
            }

            isFirst = false;
            column = AppendWords(to, line, column, indent);
        }

        to.Append('\n');
    }

    /// <summary>A text of its own, wrapped.</summary>
    public static string Wrapped(string text)
    {
        var wrapped = new StringBuilder();
        Append(wrapped, "", text, 2);
        return wrapped.ToString();
    }

    /// <summary>Rows below one another, each column as wide as its widest cell; the last one wraps.</summary>
    public static void Table(StringBuilder to, string indent, IReadOnlyList<string[]> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        var last = rows[0].Length - 1;
        int[] widths = [.. Enumerable.Range(0, last).Select(column => rows.Max(row => row[column].Length))];

        // Beside very long names the last column keeps a third of the line, on a line of its own.
        var begin = indent.Length + widths.Sum() + (2 * last);
        var below = begin > Width * 2 / 3;
        foreach (var row in rows)
        {
            var first = new StringBuilder(indent);
            for (var column = 0; column < last; column++)
            {
                first.Append(row[column].PadRight(widths[column])).Append("  ");
            }

            if (below)
            {
                to.Append(first.ToString().TrimEnd()).Append('\n');
                Append(to, indent + "    ", row[last], indent.Length + 4);
            }
            else if (row[last].Length == 0)
            {
                to.Append(first.ToString().TrimEnd()).Append('\n');
            }
            else
            {
                Append(to, first.ToString(), row[last], begin);
            }
        }
    }

    private static int AppendWords(StringBuilder to, string line, int column, int indent)
    {
        var atBegin = true;
        foreach (var word in line.Split(' '))
        {
            if (!atBegin && column + 1 + word.Length > Width)
            {
                to.Append('\n').Append(' ', indent);
                column = indent;
                atBegin = true;
            }

            if (!atBegin)
            {
                to.Append(' ');
                column++;
            }

            to.Append(word);
            column += word.Length;
            atBegin = false;
        }

        return column;
    }
}
