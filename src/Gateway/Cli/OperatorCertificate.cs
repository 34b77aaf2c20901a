using System.CommandLine;
using System.Security.Cryptography;
using Gateway.Configuration.Values;

namespace Gateway.Cli;

/// <summary>The client certificate that a command shows to an admin endpoint.</summary>
internal sealed class OperatorCertificate
{
    /// <summary>Names the certificate's file.</summary>
    public const string FileVariable = "GATEWAY_ADMIN_CERT";

    /// <summary>Names the key's file.</summary>
    public const string KeyVariable = "GATEWAY_ADMIN_CERT_KEY";

    private readonly Option<string?> _file = new("--cert")
    {
        Description = "PEM file of the client certificate to show at an https admin endpoint, in place of a token; its chain may follow in "
            + "it.",
        HelpName = "FILE"
    };
    private readonly Option<string?> _key = new("--cert-key")
    {
        Description = "PEM file of the certificate's key. Default: the file of --cert.",
        HelpName = "FILE"
    };

    private readonly Func<string, string?> _environment;

    /// <summary>Adds the options to a command.</summary>
    public OperatorCertificate(Command command, Func<string, string?> environment)
    {
        _environment = environment;
        command.Options.Add(_file);
        command.Options.Add(_key);
    }

    /// <summary>
    /// The endpoint with the certificate, if there is one; or why that cannot be shown. One that an option names is shown in place of any
    /// token, one of the environment in place of a token of the configuration, which the operator did not choose.
    /// </summary>
    public (AdminEndpoint? Endpoint, CommandFailure? Problem) Add(ParseResult parsed, AdminEndpoint endpoint)
    {
        var isOption = parsed.GetValue(_file) is { Length: > 0 };
        var file = Of(parsed.GetValue(_file), FileVariable);

        // The variables are a pair: a certificate of the option does not go with the key of another.
        var key = Of(parsed.GetValue(_key), isOption && Of(null, FileVariable) is not null ? null : KeyVariable);
        if (file is null)
        {
            return key is null
                ? (endpoint, null)
                : Bad($"There is a key and no certificate, given \"{key}\". Name the certificate with --cert FILE.");
        }

        if (!string.Equals(endpoint.Url.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal))
        {
            return Bad($"A client certificate is shown over https only, and the admin endpoint is \"{endpoint.Url}\", by {endpoint.By}. "
                + $"Leave {(isOption ? "--cert" : FileVariable)} out, or name an https:// endpoint with --admin URL or --config FILE.");
        }

        try
        {
            var with = endpoint with { Certificate = PemFiles.WithKey(file, key ?? file) };
            var isChosen = string.Equals(endpoint.TokenSource, AdminTarget.TokenVariable, StringComparison.Ordinal);
            return (isOption || !isChosen ? with with { Token = null, TokenSource = null } : with, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Bad($"The client certificate or its key cannot be read ({e.Message.TrimEnd('.')}). Name PEM files with --cert FILE and "
                + "--cert-key FILE.");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return Bad($"\"{file}\" is no certificate with the key in \"{key ?? file}\" ({e.Message.TrimEnd('.')}). "
                + (key is null
                    ? "Name the file of its key with --cert-key FILE, or write both into one PEM file"
                    : "Write PEM files of one certificate and its key")
                + "; a key with a passphrase has to be decrypted before.");
        }
    }

    private string? Of(string? option, string? variable) =>
        option is { Length: > 0 } ? option : variable is not null && _environment(variable) is { Length: > 0 } set ? set : null;

    private static (AdminEndpoint?, CommandFailure?) Bad(string text) => (null, new CommandFailure(GatewayCli.BadUsage, text));
}
