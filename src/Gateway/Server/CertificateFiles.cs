using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration.Model;

namespace Gateway.Server;

/// <summary>
/// The certificate of one port, read again when its files change. Files that cannot be read or do not belong together leave the old
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
    private System.Net.Security.SslStreamCertificateContext _context;

    /// <exception cref="CryptographicException">The files are no certificate with its key.</exception>
    public CertificateFiles(CertificateConfig config, ILogger<CertificateFiles> logger)
    {
        _config = config;
        _logger = logger;
        _hash = HashOf();
        _context = Load();
    }

    /// <summary>In force now.</summary>
    public System.Net.Security.SslStreamCertificateContext Context => Volatile.Read(ref _context);

    /// <summary>Why the files on disk are not in force; null: they are.</summary>
    public string? Alarm => Volatile.Read(ref _refused);

    /// <summary>Looks once.</summary>
    public void Look()
    {
        try
        {
            var hash = HashOf();
            if (string.Equals(hash, _hash, StringComparison.Ordinal))
            {
                // Rubbish that was taken back leaves no alarm behind.
                Volatile.Write(ref _refused, null);
                return;
            }

            var context = Load();
            _hash = hash;
            Volatile.Write(ref _context, context);
            Volatile.Write(ref _refused, null);
            LogRenewed(_config.File, context.TargetCertificate.NotAfter);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            // Half-renewed files are common: the key comes a moment after the certificate. Told once, tried again each round.
            if (Interlocked.Exchange(ref _refused, $"The certificate files changed and cannot be used ({e.Message}); the old certificate stays in force.") is null)
            {
                LogRefused(e, _config.File);
            }
        }
    }

    private System.Net.Security.SslStreamCertificateContext Load()
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(_config.File);
        var leaf = X509Certificate2.CreateFromPemFile(_config.File, _config.Key);
        return System.Net.Security.SslStreamCertificateContext.Create(leaf, chain, offline: true);
    }

    private string HashOf() => Convert.ToHexString(SHA256.HashData([.. File.ReadAllBytes(_config.File), .. File.ReadAllBytes(_config.Key)]));

    [LoggerMessage(10001, LogLevel.Information, "The certificate '{File}' was read again and is in force; it ends on {NotAfter:yyyy-MM-dd}.")]
    private partial void LogRenewed(string file, DateTime notAfter);

    [LoggerMessage(10002, LogLevel.Error, "The certificate '{File}' or its key changed and cannot be used; the old one stays in force. Put a matching pair in place.")]
    private partial void LogRefused(Exception exception, string file);
}
