namespace Gateway.Configuration.Values;

/// <summary>Moves over the text of a condition, past blanks.</summary>
internal sealed class ConditionCursor(string text)
{
    /// <summary>How far it is.</summary>
    public int At { get; set; }

    /// <summary>All letters from here on that belong to a kind.</summary>
    public string While(Func<char, bool> belongs)
    {
        var start = Start();
        while (At < text.Length && belongs(text[At]))
        {
            At++;
        }

        return text[start..At];
    }

    /// <summary>A name of a metric or a label; null: there is none.</summary>
    public string? Name()
    {
        var start = Start();
        while (At < text.Length && IsOfName(text[At], At == start))
        {
            At++;
        }

        return At > start ? text[start..At] : null;
    }

    private static bool IsOfName(char letter, bool isFirst) =>
        char.IsAsciiLetter(letter) || letter is '_' or ':' || (isFirst ? letter == '$' : char.IsAsciiDigit(letter) || letter == '.');

    /// <summary>A text in quotes; null: there is none.</summary>
    public string? Quoted()
    {
        Skip();
        var end = At < text.Length && text[At] == '"' ? text.IndexOf('"', At + 1) : -1;
        if (end < 0)
        {
            return null;
        }

        var value = text[(At + 1)..end];
        At = end + 1;
        return value;
    }

    /// <summary>Takes a word that stands by itself.</summary>
    public bool TakeWord(string word)
    {
        Skip();
        if (!text.AsSpan(At).StartsWith(word, StringComparison.Ordinal)
            || (At + word.Length < text.Length && !char.IsWhiteSpace(text[At + word.Length])))
        {
            return false;
        }

        At += word.Length;
        return true;
    }

    /// <summary>Takes a letter.</summary>
    public bool Take(char one)
    {
        Skip();
        if (At >= text.Length || text[At] != one)
        {
            return false;
        }

        At++;
        return true;
    }

    private void Skip()
    {
        while (At < text.Length && char.IsWhiteSpace(text[At]))
        {
            At++;
        }
    }

    /// <summary>Where the next thing begins.</summary>
    public int Start()
    {
        Skip();
        return At;
    }
}
