namespace Gateway.Fuzzing.Engine;

/// <summary>An input that shows a mistake.</summary>
/// <param name="Kind">Of which kind.</param>
/// <param name="Signature">The same for inputs that show the same mistake.</param>
/// <param name="Text">For people.</param>
/// <param name="Input">The input.</param>
internal sealed record Finding(FindingKind Kind, string Signature, string Text, byte[] Input);
