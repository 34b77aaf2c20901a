namespace Gateway.Health.Signals.Lines;

/// <summary>A line on its way to signals. Untrusted.</summary>
/// <param name="Text">The line without its end, as far as it is looked at.</param>
/// <param name="From">A text in which the name of its destination may stand, such as a unit; null: there is none.</param>
/// <param name="Host">The host that sent it; null: it is not known.</param>
internal readonly record struct SourceLine(ReadOnlyMemory<byte> Text, string? From, string? Host);
