namespace Gateway.Health.Signals;

/// <summary>A file that a signal's log names.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Destination">Which destination it is of; null: the line says it, or it is of the whole cluster.</param>
/// <param name="Length">How long it is, if it is one too many to be followed now; else null.</param>
internal readonly record struct LogFile(string Path, string? Destination, long? Length);
