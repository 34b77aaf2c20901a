namespace Gateway.Cli;

/// <summary>
/// How an operator calls this program: the one place that knows. In a clone its script says so by GATEWAY_ROOT; installed, the command is
/// on the PATH.
/// </summary>
internal static class ProgramName
{
    /// <summary>Set by the script of a clone.</summary>
    public const string CloneVariable = "GATEWAY_ROOT";

    /// <summary>Where it is installed.</summary>
    public const string Installed = "gateway";

    /// <summary>In a clone.</summary>
    public const string InAClone = "./gateway";

    /// <summary>What messages write.</summary>
    public static string Current { get; } = Of(Environment.GetEnvironmentVariable);

    /// <summary>The same for a given environment.</summary>
    public static string Of(Func<string, string?> environment) => environment(CloneVariable) is { Length: > 0 } ? InAClone : Installed;
}
