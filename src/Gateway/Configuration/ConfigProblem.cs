namespace Gateway.Configuration;

/// <summary>
/// One thing that is wrong with a configuration file, and where. Line and column count from 1; a secret is never part of the message.
/// </summary>
internal sealed record ConfigProblem(string File, int Line, int Column, string Message)
{
    /// <summary>
    /// What is wrong and what to write, on one line: texts of the file stand in it, and a terminal must not take them for commands.
    /// </summary>
    public string Message { get; init; } = Message.Any(char.IsControl)
        ? string.Concat(Message.Select(static letter => char.IsControl(letter) ? ' ' : letter))
        : Message;

    /// <summary>True: a key of an older version, and the message says what to write for this one.</summary>
    public bool IsOfOlderVersion { get; init; }

    /// <summary><c>file:line:column: message</c>, which editors and terminals turn into a link.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}: {Message}";
}
