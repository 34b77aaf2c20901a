using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Checks;

/// <summary>Client certificates of operators that would not be asked for, or belong to two.</summary>
internal static class OperatorCertificateChecks
{
    /// <summary>Notes every problem and warning.</summary>
    public static void Run(AdminConfig admin, bool isHttps, Reader reader, DateTimeOffset now)
    {
        const string Path = "admin/clientCertificates";
        if (admin.ClientCertificates is not { } certificates)
        {
            return;
        }

        if (!isHttps)
        {
            reader.ProblemAt(
                Path,
                $"Operators' certificates would not be asked for, given with \"{PortChecks.Shown(admin.Url)}\". Write https:// in the URL "
                    + "and \"certificate\", or remove the key.",
                "admin/url");
        }

        CertificateFileChecks.Authorities(certificates.Ca, $"{Path}/ca", reader, now);
        for (var i = 0; i < certificates.Operators.Length; i++)
        {
            var (at, one) = ($"{Path}/operators/{i.ToString(CultureInfo.InvariantCulture)}", certificates.Operators[i]);
            if (certificates.Operators.Take(i).Any(before => string.Equals(before.Name, one.Name, StringComparison.Ordinal)))
            {
                reader.ProblemAt(
                    $"{at}/name",
                    $"Two operators have the same name, given {Reader.Quote(one.Name)}. The journal tells them by their names: give each "
                        + "its own.");
            }

            if (certificates.Operators.Take(i).Any(before => string.Equals(before.Identity, one.Identity, StringComparison.Ordinal)))
            {
                reader.ProblemAt(
                    $"{at}/identity",
                    $"Two operators have the same identity, given {Reader.Quote(one.Identity)}. Write each once.");
            }
        }
    }
}
