using Gateway.Configuration.Model;

namespace Gateway.Admin.Security;

/// <summary>
/// What proves an operator on the admin endpoint: the tokens and the client certificates in force. Whether any is needed is a value of its
/// own, so that a reload from one to the other never looks like neither.
/// </summary>
internal sealed class AdminCredentials
{
    private readonly Uri _url;
    private readonly bool _speaksTls;
    private volatile bool _areNeeded;

    /// <param name="config">The tokens and certificates to begin with.</param>
    /// <param name="speaksTls">The port speaks TLS.</param>
    /// <param name="certificates">The client certificates in force; null: those of the configuration.</param>
    /// <exception cref="ArgumentException">Other machines reach the port, and there is neither.</exception>
    public AdminCredentials(AdminConfig config, bool speaksTls, OperatorCertificates? certificates)
    {
        if (!config.IsProtected && !config.Url.IsLoopback)
        {
            throw new ArgumentException(
                $"The admin endpoint at \"{config.Url}\" can be reached from other machines and has no token. Set \"admin.token\" or "
                    + "\"admin.clientCertificates\", or listen on 127.0.0.1.",
                nameof(config));
        }

        _url = config.Url;
        _speaksTls = speaksTls;
        Tokens = new AdminTokens(config);
        Certificates = certificates ?? new OperatorCertificates(config);
        _areNeeded = config.IsProtected;
    }

    /// <summary>The tokens.</summary>
    public AdminTokens Tokens { get; }

    /// <summary>The client certificates.</summary>
    public OperatorCertificates Certificates { get; }

    /// <summary>Calls need a token or a client certificate.</summary>
    public bool AreNeeded => _areNeeded;

    /// <summary>Tokens and client certificates from now on; those before are wrong at once.</summary>
    /// <exception cref="InvalidOperationException">Without either this port, which stays where it was opened, would be open to other
    /// machines; or the authorities cannot be read.</exception>
    public void Replace(AdminConfig config)
    {
        // The port stays as it was opened: without TLS it cannot ask for certificates, and would shut everybody out.
        var usable = _speaksTls ? config : config with { ClientCertificates = null };
        if (!usable.IsProtected && !_url.IsLoopback)
        {
            throw new InvalidOperationException(
                $"The admin endpoint at \"{_url}\" can be reached from other machines and needs \"admin.token\""
                    + (_speaksTls ? " or \"admin.clientCertificates\"" : ""));
        }

        Certificates.Replace(usable);
        Tokens.Replace(usable);
        _areNeeded = usable.IsProtected;
    }
}
