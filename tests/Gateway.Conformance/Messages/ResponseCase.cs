namespace Gateway.Conformance.Messages;

/// <summary>A response as bytes, and what a user must read of it.</summary>
/// <param name="Name">What is odd about it.</param>
/// <param name="Pieces">Sent one after the other, with a pause behind each.</param>
/// <param name="Status">What the user reads; 0: whatever the gateway says itself, from 500 on.</param>
/// <param name="Body">The same of the body.</param>
internal sealed record ResponseCase(string Name, string[] Pieces, int Status, string Body)
{
    /// <summary>The connection ends behind it.</summary>
    public bool Closes { get; init; }

    /// <summary>The response is cut: the user gets every byte that the destination sent, and then a visible break.</summary>
    public bool IsCut { get; init; }

    /// <summary>Headers that a user must not get.</summary>
    public string[] Without { get; init; } = [];
}
