namespace Gateway.Cli;

/// <summary>Who types the command, as far as the machine says: it stands beside the address in journal, status and page.</summary>
internal static class OperatorName
{
    private const int MaxPart = 64;

    /// <summary>User and host, such as <c>ann@laptop</c>; null: the machine names no user.</summary>
    public static string? Of(Func<string, string?> environment)
    {
        // Behind sudo the account is everybody's.
        var user = new[]
        {
            "SUDO_USER",
            "USER",
            "LOGNAME",
            "USERNAME"
        }.Select(environment).FirstOrDefault(static name => !string.IsNullOrWhiteSpace(name));
        return user is null ? null : $"{Short(user)}@{Short(Environment.MachineName)}";
    }

    private static string Short(string name) => name.Length <= MaxPart ? name : name[..MaxPart];
}
