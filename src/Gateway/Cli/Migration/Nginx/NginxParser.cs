using System.Collections.Immutable;

namespace Gateway.Cli.Migration.Nginx;

/// <summary>Reads directives with their blocks and follows <c>include</c>. Bounded in depth, number and files.</summary>
internal sealed class NginxParser(MigrationFiles files, string root, Action<NginxDirective, string> missing)
{
    private const int DeepestBlock = 16;
    private const int MostDirectives = 50_000;
    private const int MostFiles = 256;
    private const int MostArguments = 2_000;
    private const int DeepestInclude = 8;

    private int _directives;
    private int _files;

    /// <summary>All directives of a file at its top level.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="file">Its name, for places.</param>
    public ImmutableArray<NginxDirective> Parse(string text, string file) => File(text, file, 0);

    private ImmutableArray<NginxDirective> File(string text, string file, int includes)
    {
        var tokens = new NginxTokenizer(text, file);
        return Block(tokens, null, 0, includes);
    }

    private ImmutableArray<NginxDirective> Block(NginxTokenizer tokens, SourcePlace? opened, int depth, int includes)
    {
        var block = ImmutableArray.CreateBuilder<NginxDirective>();
        var words = new List<string>();
        var begin = tokens.Place;
        while (tokens.TryRead(out var token, out var isSign, out var place))
        {
            if (!isSign)
            {
                if (words.Count == 0)
                {
                    begin = place;
                }

                words.Add(token);
                if (words.Count > MostArguments)
                {
                    throw new MigrationException(
                        begin,
                        $"This directive has more than {MostArguments:N0} words: a \";\" is probably missing. Write it.");
                }

                continue;
            }

            switch (token)
            {
                case ";" when words.Count > 0:
                    Take(block, Directive(words, begin, null), includes);
                    break;
                case "{" when words.Count > 0:
                    Take(block, Directive(words, begin, Inside(tokens, words[0], begin, depth, includes)), includes);
                    break;
                case "}" when words.Count == 0 && opened is not null:
                    return block.ToImmutable();
                case "}" when words.Count > 0:
                    throw new MigrationException(begin, $"\"{words[0]}\" does not end before the block does. Write \";\" behind it.");
                case "}":
                    throw new MigrationException(
                        place,
                        "A brace is closed here that was never opened. Remove it, or write the block's beginning.");
                default:
                    throw new MigrationException(place, $"A directive is missing before \"{token}\". Write one, or remove the sign.");
            }

            words.Clear();
        }

        if (words.Count > 0)
        {
            throw new MigrationException(begin, $"\"{words[0]}\" does not end before the file does. Write \";\" behind it.");
        }

        return opened is { } place2
            ? throw new MigrationException(place2, "A brace is opened here and never closed. Write \"}\" where the block ends.")
            : block.ToImmutable();
    }

    private ImmutableArray<NginxDirective> Inside(NginxTokenizer tokens, string name, SourcePlace begin, int depth, int includes)
    {
        if (name.EndsWith("_by_lua_block", StringComparison.Ordinal))
        {
            tokens.SkipForeignBlock(begin);
            return [];
        }

        if (depth >= DeepestBlock)
        {
            throw new MigrationException(begin, $"Blocks are nested deeper than {DeepestBlock} here. No configuration of nginx's is.");
        }

        return Block(tokens, begin, depth + 1, includes);
    }

    private NginxDirective Directive(List<string> words, SourcePlace begin, ImmutableArray<NginxDirective>? block)
    {
        if (++_directives > MostDirectives)
        {
            throw new MigrationException(begin, $"There are more than {MostDirectives:N0} directives. Split the configuration.");
        }

        return new NginxDirective(words[0], [.. words.Skip(1)], begin, block);
    }

    private void Take(ImmutableArray<NginxDirective>.Builder block, NginxDirective directive, int includes)
    {
        if (directive is not { Name: "include", Block: null })
        {
            block.Add(directive);
            return;
        }

        if (includes >= DeepestInclude)
        {
            throw new MigrationException(
                directive.At,
                $"Files include one another more than {DeepestInclude} deep here. Remove the circle.");
        }

        // Types of files by their names: nothing is served from files here.
        if (directive.First.EndsWith("mime.types", StringComparison.Ordinal))
        {
            return;
        }

        var found = files.Find(Path.Combine(root, directive.First));
        if (found.IsEmpty)
        {
            missing(directive, directive.First);
        }

        foreach (var path in found)
        {
            if (++_files > MostFiles)
            {
                throw new MigrationException(directive.At, $"More than {MostFiles} files are included. Split the configuration.");
            }

            if (files.Read(path) is { } text)
            {
                block.AddRange(File(text, path, includes + 1));
            }
            else
            {
                missing(directive, path);
            }
        }
    }
}
