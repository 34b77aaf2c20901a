namespace Gateway.Health.Signals.DeepProbes;

/// <summary>How a conversation went.</summary>
/// <param name="State">Firing: not as expected; unknown: it says nothing of the destination.</param>
/// <param name="Words">How, for people; nothing of what the destination sent.</param>
internal readonly record struct ConversationResult(SignalState State, string Words)
{
    /// <summary>The gateway could not have it.</summary>
    public static ConversationResult Unknown => new(SignalState.Unknown, "no data");

    /// <summary>As expected.</summary>
    public static ConversationResult Passed(string words) => new(SignalState.Clear, words);

    /// <summary>Not as expected.</summary>
    public static ConversationResult Failed(string words) => new(SignalState.Firing, words);
}
