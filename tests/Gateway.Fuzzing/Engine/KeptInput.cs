namespace Gateway.Fuzzing.Engine;

/// <summary>An input that reached something new.</summary>
/// <param name="Bytes">The input.</param>
/// <param name="Edges">What it reaches.</param>
internal sealed record KeptInput(byte[] Bytes, ushort[] Edges);
