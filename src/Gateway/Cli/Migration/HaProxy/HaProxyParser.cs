using System.Collections.Immutable;

namespace Gateway.Cli.Migration.HaProxy;

/// <summary>Reads lines and sections by the rules of HAProxy's manual, section 2.2. Bounded in number and length.</summary>
internal static class HaProxyParser
{
    private const int MostLines = 50_000;
    private const int LongestLine = 64 * 1024;

    private static readonly string[] Kinds =
    [
        "global", "defaults", "frontend", "backend", "listen", "peers", "resolvers", "userlist", "cache", "program", "mailers",
        "http-errors", "ring", "log-forward",
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
            Bound(row, number, at);
            var words = HaProxyWords.Of(row, at);
            if (words.IsEmpty)
            {
                continue;
            }

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
            if (head is null)
            {
                return;
            }

            var own = lines.ToImmutable();
            lines.Clear();
            if (head.Name is "defaults")
            {
                defaults = own;
            }
            else
            {
                sections.Add(new HaProxySection(head.Name, head[1], head.At, own, defaults));
            }
        }
    }

    private static void Bound(ReadOnlySpan<char> row, int number, SourcePlace at)
    {
        if (number > MostLines)
        {
            throw new MigrationException(at, $"There are more than {MostLines:N0} lines. Split the configuration.");
        }

        if (row.Length > LongestLine)
        {
            throw new MigrationException(at, "This line is longer than 64 KiB. Name HAProxy's configuration file.");
        }
    }

    private static string Shown(string word) => word.Length > 40 ? word[..40] + "..." : word;
}
