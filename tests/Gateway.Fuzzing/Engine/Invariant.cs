using System.Runtime.CompilerServices;

namespace Gateway.Fuzzing.Engine;

/// <summary>What must hold.</summary>
internal static class Invariant
{
    /// <summary>Holds that something is so.</summary>
    /// <param name="holds">Whether it is.</param>
    /// <param name="name">What must hold, in words.</param>
    /// <param name="of">The expression, which the compiler fills in.</param>
    /// <exception cref="BrokenInvariantException">It is not.</exception>
    public static void Holds(bool holds, string name, [CallerArgumentExpression(nameof(holds))] string of = "")
    {
        if (!holds)
        {
            throw new BrokenInvariantException($"{name}: {of}");
        }
    }

    /// <summary>Holds that two ways to read an input give the same.</summary>
    /// <exception cref="BrokenInvariantException">They do not.</exception>
    public static void Same<T>(T expected, T given, string name)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, given))
        {
            throw new BrokenInvariantException($"{name}: {expected} and {given}");
        }
    }

    /// <summary>Holds that a text can stand on a terminal, in a log and on a page.</summary>
    /// <exception cref="BrokenInvariantException">It has a control character.</exception>
    public static void Printable(string? text, string name)
    {
        if (text is not null && text.Any(char.IsControl))
        {
            throw new BrokenInvariantException($"{name}: it has a control character");
        }
    }
}
