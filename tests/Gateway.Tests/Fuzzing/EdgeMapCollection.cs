namespace Gateway.Tests.Fuzzing;

/// <summary>Tests that run targets count edges in the same place: one after the other.</summary>
internal static class EdgeMapCollection
{
    public const string Name = "edge map";
}
