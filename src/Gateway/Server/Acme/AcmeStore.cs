using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;
using Gateway.Observability.History;

namespace Gateway.Server.Acme;

/// <summary>
/// Ordered certificates and the keys of accounts, in the folder <c>acme</c> of the state folder, each file for its owner alone. Key,
/// certificate and chain are one file, so that they change together; its first line says which authority it was ordered from.
/// </summary>
/// <param name="state">The state folder.</param>
/// <param name="time">The clock.</param>
internal sealed class AcmeStore(string state, TimeProvider time)
{
    private const string FirstLine = "Ordered from ";
    private static readonly TimeSpan PlaceholderLife = TimeSpan.FromDays(1);

    private string Folder => Path.Combine(state, "acme");

    /// <summary>The file of a certificate: named after its first host.</summary>
    public string PathOf(CertificateConfig config) => Path.Combine(Folder, config.Hosts[0] + ".pem");

    /// <summary>Puts a certificate of our own where none is yet: TLS works, and clients refuse it.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public void EnsurePlaceholder(CertificateConfig config)
    {
        if (File.Exists(PathOf(config)))
        {
            return;
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=certificate not yet ordered", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in config.Hosts)
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        var now = time.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now + PlaceholderLife);
        Write(PathOf(config), key.ExportPkcs8PrivateKeyPem() + "\n" + certificate.ExportCertificatePem() + "\n");
    }

    /// <summary>Puts an ordered certificate in the place of the one before.</summary>
    public void Save(CertificateConfig config, string pem) =>
        Write(PathOf(config), $"{FirstLine}{config.Acme!.Directory}\n{pem}");

    /// <summary>What is there.</summary>
    public AcmeHolding Read(CertificateConfig config)
    {
        try
        {
            var text = File.ReadAllText(PathOf(config));
            using var certificate = X509Certificate2.CreateFromPem(text);
            var line = text.AsSpan(0, Math.Max(text.IndexOf('\n', StringComparison.Ordinal), 0));
            return new AcmeHolding(
                line.StartsWith(FirstLine, StringComparison.Ordinal) ? line[FirstLine.Length..].Trim().ToString() : null,
                CertificateNames.Of(certificate),
                new DateTimeOffset(certificate.NotBefore),
                new DateTimeOffset(certificate.NotAfter));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return AcmeHolding.Nothing;
        }
    }

    /// <summary>The key of the account at an authority, made when it is missing.</summary>
    /// <exception cref="CryptographicException">The file is there and is no key.</exception>
    public AcmeAccountKey AccountKeyFor(Uri directory)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(directory.AbsoluteUri)))[..16];
        var path = Path.Combine(Folder, $"account-{name}.key");
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(path))
        {
            key.ImportFromPem(File.ReadAllText(path));
        }
        else
        {
            Write(path, key.ExportPkcs8PrivateKeyPem() + "\n");
        }

        return new AcmeAccountKey(key);
    }

    // Beside, then in place: a reader finds the old file or the new one, and a power cut leaves one of them.
    private void Write(string path, string text)
    {
        if (!StateFolder.TryCreate(state) || !StateFolder.TryCreate(Folder))
        {
            throw new IOException($"The folder \"{Folder}\" cannot be made.");
        }

        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var beside = path + ".new";
        File.Delete(beside);
        using (var file = new FileStream(beside, options))
        {
            file.Write(Encoding.ASCII.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }
}
