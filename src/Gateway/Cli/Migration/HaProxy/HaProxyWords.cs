using System.Collections.Immutable;
using System.Text;

namespace Gateway.Cli.Migration.HaProxy;

/// <summary>Splits a line into words: quotes of both kinds, escapes by a backslash, and comments. Bounded in number.</summary>
internal sealed class HaProxyWords
{
    private const int Most = 1_000;

    private readonly SourcePlace _at;
    private readonly ImmutableArray<string>.Builder _words = ImmutableArray.CreateBuilder<string>();
    private readonly StringBuilder _word = new();
    private bool _isWord;
    private char _quote;

    private HaProxyWords(SourcePlace at) => _at = at;

    /// <summary>The words of a line.</summary>
    /// <exception cref="MigrationException">A quote is not closed, or there are too many words.</exception>
    public static ImmutableArray<string> Of(ReadOnlySpan<char> row, SourcePlace at)
    {
        var words = new HaProxyWords(at);
        words.Read(row);
        return words._words.ToImmutable();
    }

    private void Read(ReadOnlySpan<char> row)
    {
        for (var i = 0; i < row.Length; i++)
        {
            var letter = row[i];
            if (letter == '\0')
            {
                throw new MigrationException(_at, "There is a NUL byte here: this is not a text. Name HAProxy's configuration file.");
            }

            if (letter == '\\' && _quote != '\'' && i + 1 < row.Length && " #\\\"'$".Contains(row[i + 1], StringComparison.Ordinal))
            {
                Append(row[++i]);
            }
            else if (_quote == '\0' && letter is '"' or '\'' && (_quote == '\0' || _quote == letter))
            {
                (_quote, _isWord) = (_quote == '\0' ? letter : '\0', true);
            }
            else if (_quote != '\0' && letter == _quote)
            {
                _quote = '\0';
            }
            else if (_quote == '\0' && letter == '#')
            {
                break;
            }
            else if (_quote == '\0' && char.IsWhiteSpace(letter))
            {
                End();
            }
            else
            {
                Append(letter);
            }
        }

        if (_quote != '\0')
        {
            throw new MigrationException(_at, $"A text is opened by {_quote} here and not closed in this line. Write the closing quote.");
        }

        End();
    }

    private void Append(char letter)
    {
        _word.Append(letter);
        _isWord = true;
    }

    private void End()
    {
        if (_isWord)
        {
            _words.Add(_word.ToString());
        }

        if (_words.Count > Most)
        {
            throw new MigrationException(_at, $"This line has more than {Most:N0} words.");
        }

        _word.Clear();
        _isWord = false;
    }
}
