using System.Text;

namespace Gateway.Health.Forecast;

/// <summary>Reads lines, none of which can take all of the memory.</summary>
internal static class BoundedLines
{
    /// <summary>Characters of a line.</summary>
    public const int Longest = 4_194_304;

    /// <summary>The next line; null: there is none.</summary>
    /// <exception cref="RecordingException">It is too long.</exception>
    public static string? Read(TextReader text, int number)
    {
        if (text.Peek() < 0)
        {
            return null;
        }

        var line = new StringBuilder();
        for (var next = text.Read(); next >= 0 && next != '\n'; next = text.Read())
        {
            if (line.Length >= Longest)
            {
                throw new RecordingException(number, $"it is longer than {Longest} characters");
            }

            line.Append((char)next);
        }

        return line.ToString().TrimEnd('\r');
    }
}
