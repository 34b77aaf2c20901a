using Gateway.Configuration.Model;
using Gateway.LastGood.Policy;

namespace Gateway.Admin.Security;

/// <summary>By what a caller proves who it is.</summary>
internal enum AdminProof
{
    /// <summary>A token, or nothing where nothing is needed.</summary>
    Token,

    /// <summary>A client certificate.</summary>
    Certificate,
}

/// <summary>Who calls the admin endpoint, as its token or its client certificate says.</summary>
/// <param name="Name">The token's or the operator's name; null: of <c>admin.token</c>, or no token is needed.</param>
/// <param name="Role">What it may do.</param>
internal sealed record AdminCaller(string? Name, AdminRole Role)
{
    private static readonly object Key = new();

    /// <summary>By what it says so.</summary>
    public AdminProof Proof { get; init; }

    /// <summary>The word for it in texts.</summary>
    public string ProofName => Proof == AdminProof.Token ? "token" : "certificate";

    /// <summary>
    /// Whose change it is, for the journal: the name that the operator gave, the token's or the certificate's, and the address.
    /// </summary>
    public static string WhoOf(HttpContext context, string? given)
    {
        var address = context.Connection.RemoteIpAddress?.ToString() ?? "unknown";
        var proof = context.Items[Key] is AdminCaller { Name: { } name } caller ? $"{caller.ProofName} {name}" : null;
        return (given, proof) switch
        {
            (null, null) => address,
            (null, _) => $"{proof} ({address})",
            (_, null) => $"{given} ({address})",
            _ => $"{given} ({proof}, {address})",
        };
    }

    /// <summary>What a request needs: a change of the configuration, another change, or neither.</summary>
    public static AdminRole NeededFor(HttpRequest request) =>
        ShowsSecrets(request.Path) ? AdminRole.Configure
        : SafeMethods.Contains(request.Method) ? AdminRole.Read
        : request.Path.StartsWithSegments("/config", StringComparison.OrdinalIgnoreCase) ? AdminRole.Configure
        : AdminRole.Operate;

    /// <summary>Says for the rest of the request whose it is.</summary>
    public void Mark(HttpContext context) => context.Items[Key] = this;

    // The files of a revision as they were.
    private static bool ShowsSecrets(PathString path) =>
        path.StartsWithSegments("/config/revisions", StringComparison.OrdinalIgnoreCase, out var rest) && rest.Value is { Length: > 1 };
}
