using System.Security.Cryptography.X509Certificates;

namespace Gateway.Health.Kubernetes;

/// <summary>Reads the files by which the gateway shows what it is, and knows the API server.</summary>
internal static class AccessFiles
{
    /// <summary>A file's text, without blanks at its ends.</summary>
    /// <exception cref="KubernetesException">It cannot be read, or is empty.</exception>
    public static string TextOf(string file)
    {
        try
        {
            var text = File.ReadAllText(file).Trim();
            return text.Length > 0 ? text : throw new KubernetesException($"\"{file}\" is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubernetesException($"\"{file}\" cannot be read: {e.Message.TrimEnd('.')}", e);
        }
    }

    /// <summary>The authorities in a file.</summary>
    /// <exception cref="KubernetesException">There is none.</exception>
    public static X509Certificate2Collection AuthoritiesIn(string file) => AuthoritiesOf(TextOf(file), $"\"{file}\"");

    /// <summary>The authorities in a text.</summary>
    /// <exception cref="KubernetesException">There is none.</exception>
    public static X509Certificate2Collection AuthoritiesOf(string pem, string from)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(pem);
        }
        catch (System.Security.Cryptography.CryptographicException e)
        {
            throw new KubernetesException($"The certificates of {from} cannot be read: {e.Message.TrimEnd('.')}", e);
        }

        return authorities.Count > 0 ? authorities : throw new KubernetesException($"There is no certificate in {from}");
    }
}
