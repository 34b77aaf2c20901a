using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Cli.Migration;

/// <summary>A certificate and its key as PEM files.</summary>
internal static class CertificatePair
{
    /// <summary>True when both are there and belong together.</summary>
    public static bool Loads(string file, string key)
    {
        try
        {
            if (!File.Exists(file) || !File.Exists(key))
            {
                return false;
            }

            using var loaded = X509Certificate2.CreateFromPemFile(file, key);
            return true;
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException
            or ArgumentException)
        {
            return false;
        }
    }
}
