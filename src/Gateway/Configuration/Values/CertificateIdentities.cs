using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Configuration.Values;

/// <summary>What a client's certificate says of whose it is.</summary>
internal static class CertificateIdentities
{
    private const string AlternativeNames = "2.5.29.17";
    private const string CommonName = "2.5.4.3";
    private const int Email = 1;
    private const int Dns = 2;
    private const int Uri = 6;

    /// <summary>
    /// Its subject alternative names of DNS, e-mail and URI (RFC 5280, 4.2.1.6), as they are written; without any of these its common
    /// names. Empty: it says nothing, or its alternative names cannot be read, and a common name must not stand in for these.
    /// </summary>
    public static IReadOnlyList<string> Of(X509Certificate2 certificate)
    {
        List<string> names = [];
        foreach (var extension in certificate.Extensions.Where(static one => one.Oid?.Value is AlternativeNames))
        {
            if (NamesIn(extension.RawData) is not { } found)
            {
                return [];
            }

            names.AddRange(found);
        }

        return names.Count > 0
            ? names
            : [.. certificate.SubjectName.EnumerateRelativeDistinguishedNames()
                .Where(static part => !part.HasMultipleElements && part.GetSingleElementType().Value is CommonName)
                .Select(static part => part.GetSingleElementValue() ?? "")
                .Where(static name => name.Length > 0)];
    }

    private static List<string>? NamesIn(byte[] extension)
    {
        List<string> names = [];
        try
        {
            var reader = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
            while (reader.HasData)
            {
                var tag = reader.PeekTag();
                if (tag is { TagClass: TagClass.ContextSpecific, TagValue: Email or Dns or Uri })
                {
                    names.Add(reader.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                }
                else
                {
                    reader.ReadEncodedValue();
                }
            }
        }
        catch (AsnContentException)
        {
            return null;
        }

        return names;
    }
}
