using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.LastGood.Stores;

/// <summary>
/// Signs records for a shared store with an operator's secret, so that a value which something else wrote there is never served.
/// </summary>
/// <remarks>
/// <c>GWLS</c>, version (1 byte), HMAC-SHA256 (32 bytes) over purpose, name and record, then the record. The name under which a record is
/// stored is signed with it: a record that is copied to another key is as foreign as a forged one. Replaying an older record of the same
/// key is possible, within its <c>maxAge</c>.
/// </remarks>
internal sealed class RecordSeal(string secret)
{
    private const byte Version = 1;
    private const int MacSize = HMACSHA256.HashSizeInBytes;
    private const int HeadSize = 4 + 1 + MacSize;

    private readonly byte[] _key = Encoding.UTF8.GetBytes(secret);

    private static ReadOnlySpan<byte> Magic => "GWLS"u8;

    private static ReadOnlySpan<byte> Purpose => "gateway last-good record\0"u8;

    /// <summary>Signs a record for its name.</summary>
    public byte[] Seal(string name, ReadOnlySpan<byte> record)
    {
        var value = new byte[HeadSize + record.Length];
        Magic.CopyTo(value);
        value[4] = Version;
        Mac(name, record, value.AsSpan(5, MacSize));
        record.CopyTo(value.AsSpan(HeadSize));
        return value;
    }

    /// <summary>The record of a value; false: it has no valid signature for this name.</summary>
    public bool TryOpen(string name, byte[] value, [NotNullWhen(true)] out byte[]? record)
    {
        record = null;
        if (value.Length < HeadSize || !value.AsSpan(0, 4).SequenceEqual(Magic) || value[4] != Version)
        {
            return false;
        }

        var content = value.AsSpan(HeadSize);
        Span<byte> mac = stackalloc byte[MacSize];
        Mac(name, content, mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, value.AsSpan(5, MacSize)))
        {
            return false;
        }

        record = content.ToArray();
        return true;
    }

    private void Mac(string name, ReadOnlySpan<byte> record, Span<byte> mac)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hash.AppendData(Purpose);
        hash.AppendData(Encoding.UTF8.GetBytes(name));
        hash.AppendData("\0"u8);
        hash.AppendData(record);
        hash.GetHashAndReset(mac);
    }
}
