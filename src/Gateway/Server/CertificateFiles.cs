using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Cryptography;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;

namespace Gateway.Server;

/// <summary>
/// A certificate of a listener, read again when its files change. Files that cannot be read or do not belong together leave the old
/// certificate in force, and an alarm; a handshake never waits for the disk.
/// </summary>
internal sealed partial class CertificateFiles
{
    /// <summary>Between two looks at the files.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly CertificateConfig _config;
    private readonly ILogger _logger;
    private string _hash;
    private string? _refused;
    private SslStreamCertificateContext _context;

    /// <exception cref="CryptographicException">The files are no certificate with its key.</exception>
    public CertificateFiles(CertificateConfig config, ILogger<CertificateFiles> logger)
    {
        _config = config;
        _logger = logger;
        _hash = HashOf();
        _context = Load();
    }

    /// <summary>In force now.</summary>
    public SslStreamCertificateContext Context => Volatile.Read(ref _context);

    /// <summary>PEM file of the certificate.</summary>
    public string File => _config.File;

    /// <summary>The names of the certificate in force.</summary>
    public ImmutableArray<string> Names => CertificateNames.Of(Context.TargetCertificate);

    /// <summary>Why the files on disk are not in force; null: they are.</summary>
    public string? Alarm => Volatile.Read(ref _refused);

    /// <summary>Looks once.</summary>
    /// <returns>True: another certificate is in force.</returns>
    public bool Look()
    {
        try
        {
            var hash = HashOf();
            if (string.Equals(hash, _hash, StringComparison.Ordinal))
            {
                // Rubbish that was taken back leaves no alarm behind.
                Volatile.Write(ref _refused, null);
                return false;
            }

            var context = Load();
            _hash = hash;
            Volatile.Write(ref _context, context);
            Volatile.Write(ref _refused, null);
            LogRenewed(_config.File, context.TargetCertificate.NotAfter);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            // Half-renewed files are common: the key comes a moment after the certificate. Told once, tried again each round.
            if (Interlocked.Exchange(
                ref _refused,
                $"The certificate files of \"{_config.File}\" changed and cannot be used ({e.Message}); the old certificate stays in "
                    + $"force.") is null)
            {
                LogRefused(e, _config.File);
            }

            return false;
        }
    }

    private SslStreamCertificateContext Load() => PemFiles.WithKey(_config.File, _config.Key);

    private string HashOf() =>
        Convert.ToHexString(SHA256.HashData([.. System.IO.File.ReadAllBytes(_config.File), .. System.IO.File.ReadAllBytes(_config.Key)]));

    [LoggerMessage(10001, LogLevel.Information, "The certificate '{File}' was read again and is in force; it ends on "
        + "{NotAfter:yyyy-MM-dd}.")]
    private partial void LogRenewed(string file, DateTime notAfter);

    [LoggerMessage(10002, LogLevel.Error, "The certificate '{File}' or its key changed and cannot be used; the old one stays in force. Put "
        + "a matching pair in place.")]
    private partial void LogRefused(Exception exception, string file);
}
