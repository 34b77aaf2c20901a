using System.Text;

namespace Gateway.Cli.Migration.Nginx;

/// <summary>Splits nginx's configuration into words and signs, by the rules of <c>ngx_conf_read_token</c>.</summary>
internal sealed class NginxTokenizer(string text, string file)
{
    private const int LongestWord = 16 * 1024;

    private int _at;
    private int _line = 1;

    /// <summary>Where the next token is looked for.</summary>
    public SourcePlace Place => new(file, _line);

    /// <summary>The next token, false at the end.</summary>
    /// <param name="token">A word without its quotes, or <c>;</c>, <c>{</c>, <c>}</c>.</param>
    /// <param name="isSign">True for the three signs.</param>
    /// <param name="place">Where it begins.</param>
    public bool TryRead(out string token, out bool isSign, out SourcePlace place)
    {
        (token, isSign) = ("", false);
        SkipBlanks();
        place = Place;
        if (_at >= text.Length)
        {
            return false;
        }

        var first = text[_at];
        if (first is ';' or '{' or '}')
        {
            (token, isSign) = (first.ToString(), true);
            _at++;
            return true;
        }

        token = first is '"' or '\'' ? Quoted(first, place) : Word(place);
        return true;
    }

    /// <summary>Skips a block whose inside is another language, from behind its opening brace to behind its closing one.</summary>
    public void SkipForeignBlock(SourcePlace opened)
    {
        for (var depth = 1; _at < text.Length; _at++)
        {
            if (text[_at] == '\n')
            {
                _line++;
            }

            if (text[_at] == '{')
            {
                depth++;
            }

            if (text[_at] != '}' || --depth > 0)
            {
                continue;
            }

            _at++;
            return;
        }

        throw new MigrationException(opened, "A brace is opened here and never closed. Write \"}\" where the block ends.");
    }

    private void SkipBlanks()
    {
        for (; _at < text.Length; _at++)
        {
            if (text[_at] == '\n')
            {
                _line++;
            }
            else if (text[_at] == '#')
            {
                _at = text.IndexOf('\n', _at) is >= 0 and var end ? end - 1 : text.Length - 1;
            }
            else if (!char.IsWhiteSpace(text[_at]))
            {
                return;
            }
        }
    }

    private string Word(SourcePlace place)
    {
        var word = new StringBuilder();
        while (_at < text.Length)
        {
            var letter = text[_at];
            if (letter == '$' && _at + 1 < text.Length && text[_at + 1] == '{')
            {
                // The braces of a variable are none of a block.
                Take(word, letter, place);
                Take(word, '{', place);
                continue;
            }

            var closesVariable = letter == '}'
                && word.ToString().LastIndexOf("${", StringComparison.Ordinal) is >= 0 and var open
                && word.ToString().IndexOf('}', open) < 0;
            if (char.IsWhiteSpace(letter) || (letter is ';' or '{') || (letter == '}' && !closesVariable))
            {
                break;
            }

            if (letter == '\\' && _at + 1 < text.Length)
            {
                _at++;
                Escaped(word, place);
                continue;
            }

            Take(word, letter, place);
        }

        return word.ToString();
    }

    private string Quoted(char quote, SourcePlace place)
    {
        var word = new StringBuilder();
        for (_at++; _at < text.Length;)
        {
            var letter = text[_at];
            if (letter == quote)
            {
                _at++;
                var next = _at < text.Length ? text[_at] : ';';
                if (char.IsWhiteSpace(next) || next is ';' or '{' or '}' or ')')
                {
                    return word.ToString();
                }

                throw new MigrationException(Place, $"A space or \";\" must follow the closing quote, given \"{next}\". Write one.");
            }

            if (letter == '\\' && _at + 1 < text.Length)
            {
                _at++;
                Escaped(word, place);
                continue;
            }

            Take(word, letter, place);
        }

        throw new MigrationException(place, $"A text is opened by {quote} here and never closed. Write the closing quote.");
    }

    /// <summary>
    /// nginx undoes the escapes of quotes, backslash, t, r and n; every other one stays, for it belongs to an expression.
    /// </summary>
    private void Escaped(StringBuilder word, SourcePlace place)
    {
        var letter = text[_at];
        if (letter is '"' or '\'' or '\\')
        {
            Take(word, letter, place);
            return;
        }

        if (letter is 't' or 'r' or 'n')
        {
            _at++;
            word.Append(letter switch { 't' => '\t', 'r' => '\r', _ => '\n' });
            return;
        }

        word.Append('\\');
        Take(word, letter, place);
    }

    private void Take(StringBuilder word, char letter, SourcePlace place)
    {
        if (letter == '\n')
        {
            _line++;
        }

        if (letter == '\0')
        {
            throw new MigrationException(Place, "There is a NUL byte here: this is not a text. Name nginx's configuration file.");
        }
        if (word.Length >= LongestWord)
        {
            throw new MigrationException(
                place,
                $"A word is longer than {LongestWord:N0} characters here: a quote is probably missing. Close it.");
        }

        word.Append(letter);
        _at++;
    }
}
