namespace Gateway.Tests.Deploy;

/// <summary>
/// Reads a Logstash pipeline by the published grammar, as far as it needs: sections, plugins, attributes of strings, numbers, arrays and
/// hashes, and conditionals. What plugins make of their attributes is theirs.
/// </summary>
internal sealed class LogstashConfig
{
    private readonly string _text;
    private int _at;

    private LogstashConfig(string text) => _text = text;

    /// <summary>The sections in their order, each with its plugins.</summary>
    /// <exception cref="FormatException">The text does not follow the grammar.</exception>
    public static IReadOnlyList<(string Name, IReadOnlyList<string> Plugins)> Parse(string text)
    {
        var parser = new LogstashConfig(text);
        var sections = new List<(string, IReadOnlyList<string>)>();
        while (!parser.IsAtEnd())
        {
            var name = parser.Name();
            var plugins = new List<string>();
            parser.Demand(name is "input" or "filter" or "output", "a section is input, filter or output");
            parser.Block(plugins);
            sections.Add((name, plugins));
        }

        return sections;
    }

    private void Block(List<string> plugins)
    {
        Take("{");
        while (!Skip("}"))
        {
            if (Skip("if ") || Skip("else if "))
            {
                Condition();
                Block(plugins);
            }
            else if (Skip("else "))
            {
                Block(plugins);
            }
            else
            {
                plugins.Add(Name());
                Take("{");
                while (!Skip("}"))
                {
                    Name();
                    Take("=>");
                    Value();
                }
            }
        }
    }

    /// <summary>Up to its block; a brace cannot stand in one but in quotes.</summary>
    private void Condition()
    {
        var start = _at;
        while (_at < _text.Length && _text[_at] != '{')
        {
            if (_text[_at] is '"' or '\'')
            {
                Quoted();
            }
            else
            {
                _at++;
            }
        }

        Demand(_text[start.._at].Trim().Length > 0, "a condition is empty");
    }

    private void Value()
    {
        Blanks();
        Demand(_at < _text.Length, "a value is missing");
        switch (_text[_at])
        {
            case '"' or '\'':
                Quoted();
                break;
            case '[':
                _at++;
                while (!Skip("]"))
                {
                    Value();
                    Skip(",");
                }

                break;
            case '{':
                _at++;
                while (!Skip("}"))
                {
                    Value();
                    Take("=>");
                    Value();
                }

                break;
            default:
                // A bareword, a number, or a plugin such as a codec with its own attributes.
                Name();
                if (Skip("{"))
                {
                    while (!Skip("}"))
                    {
                        Name();
                        Take("=>");
                        Value();
                    }
                }

                break;
        }
    }

    private void Quoted()
    {
        var end = _text.IndexOf(_text[_at], _at + 1);
        Demand(end > 0, "a quote has no end");
        _at = end + 1;
    }

    private string Name()
    {
        Blanks();
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '_' or '-' or '.'))
        {
            _at++;
        }

        Demand(_at > start, "a name is missing");
        return _text[start.._at];
    }

    private void Take(string token) => Demand(Skip(token), $"\"{token}\" is missing");

    private bool Skip(string token)
    {
        Blanks();
        if (!_text.AsSpan(_at).StartsWith(token))
        {
            return false;
        }

        _at += token.Length;
        return true;
    }

    private bool IsAtEnd()
    {
        Blanks();
        return _at == _text.Length;
    }

    private void Blanks()
    {
        while (_at < _text.Length && (char.IsWhiteSpace(_text[_at]) || _text[_at] == '#'))
        {
            _at = _text[_at] == '#' ? (_text.IndexOf('\n', _at) is >= 0 and var end ? end : _text.Length) : _at + 1;
        }
    }

    private void Demand(bool holds, string what)
    {
        if (!holds)
        {
            throw new FormatException($"{what}, at {_at}: {_text.AsSpan(_at, Math.Min(30, _text.Length - _at))}");
        }
    }
}
