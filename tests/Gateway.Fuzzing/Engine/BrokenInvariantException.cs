namespace Gateway.Fuzzing.Engine;

/// <summary>What must hold of a parser's result does not. The message names the invariant first, then a colon.</summary>
internal sealed class BrokenInvariantException(string message) : Exception(message);
