using System.Collections.Immutable;
using System.Text;

namespace Gateway.Cli.Migration.HaProxy;

/// <summary>Reads lines, words and sections by the rules of HAProxy's manual, section 2.2. Bounded in number and length.</summary>
internal static class HaProxyParser
{
    private const int MostLines = 50_000;
    private const int MostWords = 1_000;
    private const int LongestLine = 64 * 1024;

    private static readonly string[] Kinds =
    [
        "global", "defaults", "frontend", "backend", "listen", "peers", "resolvers", "userlist", "cache", "program", "mailers", "http-errors", "ring", "log-forward",
        "fcgi-app", "crt-store", "traces", "log-profile", "acme",
    ];

    /// <summary>The sections in order.</summary>
    public static ImmutableArray<HaProxySection> Parse(string text, string file)
    {
        var sections = ImmutableArray.CreateBuilder<HaProxySection>();
        var (number, defaults) = (0, ImmutableArray<HaProxyLine>.Empty);
        var lines = ImmutableArray.CreateBuilder<HaProxyLine>();
        HaProxyLine? head = null;
        foreach (var row in text.AsSpan().EnumerateLines())
        {
            var at = new SourcePlace(file, ++number);
            if (number > MostLines) throw new MigrationException(at, $"There are more than {MostLines:N0} lines. Split the configuration.");
            if (row.Length > LongestLine)
            {
                throw new MigrationException(at, "This line is longer than 64 KiB. Name HAProxy's configuration file.");
            }

            var words = Words(row, at);
            if (words.IsEmpty) continue;
            var line = new HaProxyLine(words, at);
            if (!Kinds.Contains(line.Name, StringComparer.Ordinal))
            {
                if (head is null)
                {
                    throw new MigrationException(
                        at,
                        $"\"{Shown(line.Name)}\" stands outside of a section. Write a section such as \"frontend NAME\" before it.");
                }

                lines.Add(line);
                continue;
            }

            End();
            head = line;
            if (line.Name is "frontend" or "backend" or "listen" && line[1].Length == 0)
            {
                throw new MigrationException(at, $"\"{line.Name}\" has no name. Write one behind it.");
            }
        }

        End();
        return sections.ToImmutable();

        void End()
        {
            if (head is null) return;
            var own = lines.ToImmutable();
            lines.Clear();
            if (head.Name is "defaults") defaults = own;
            else sections.Add(new HaProxySection(head.Name, head[1], head.At, own, defaults));
        }
    }

    /// <summary>The words of a line: quotes of both kinds, escapes by a backslash, and comments.</summary>
    private static ImmutableArray<string> Words(ReadOnlySpan<char> row, SourcePlace at)
    {
        var words = ImmutableArray.CreateBuilder<string>();
        var word = new StringBuilder();
        var (quote, isWord) = ('\0', false);
        for (var i = 0; i < row.Length; i++)
        {
            var letter = row[i];
            if (letter == '\0')
            {
                throw new MigrationException(at, "There is a NUL byte here: this is not a text. Name HAProxy's configuration file.");
            }

            if (letter == '\\' && quote != '\'' && i + 1 < row.Length && " #\\\"'$".Contains(row[i + 1], StringComparison.Ordinal))
            {
                word.Append(row[++i]);
                isWord = true;
            }
            else if (quote == '\0' && letter is '"' or '\'' && (quote == '\0' || quote == letter))
            {
                (quote, isWord) = (quote == '\0' ? letter : '\0', true);
            }
            else if (quote != '\0' && letter == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && letter == '#')
            {
                break;
            }
            else if (quote == '\0' && char.IsWhiteSpace(letter))
            {
                Add();
            }
            else
            {
                word.Append(letter);
                isWord = true;
            }
        }

        if (quote != '\0')
        {
            throw new MigrationException(at, $"A text is opened by {quote} here and not closed in this line. Write the closing quote.");
        }

        Add();
        return words.ToImmutable();

        void Add()
        {
            if (isWord) words.Add(word.ToString());
            if (words.Count > MostWords) throw new MigrationException(at, $"This line has more than {MostWords:N0} words.");
            word.Clear();
            isWord = false;
        }
    }

    private static string Shown(string word) => word.Length > 40 ? word[..40] + "..." : word;
}
