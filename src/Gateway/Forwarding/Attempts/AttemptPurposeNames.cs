namespace Gateway.Forwarding.Attempts;

/// <summary>The purposes of attempts as logs and traces say them.</summary>
internal static class AttemptPurposeNames
{
    private static readonly string[] Names = ["first", "retry", "hedge", "half-open", "first-half-open"];

    /// <summary>Its name.</summary>
    public static string NameOf(AttemptPurpose purpose) => Names[(int)purpose];
}
