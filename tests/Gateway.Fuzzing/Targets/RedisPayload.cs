using System.Security.Cryptography;
using System.Text;
using Gateway.Fleet;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// JSON as gateways write it for one another (<see cref="FleetPayload"/>), with its check: chance would never find the check's bytes, and
/// everything behind it would stay untested.
/// </summary>
internal static class RedisPayload
{
    private const int HeadLength = 11;
    private const int CheckBytes = 4;

    /// <summary>A value whose JSON begins with its first brace: the check is put before it. Without a brace it stays as it is.</summary>
    public static byte[] Sealed(ReadOnlySpan<byte> value)
    {
        var brace = value.IndexOf((byte)'{');
        if (brace < 0)
        {
            return value.ToArray();
        }

        var check = Convert.ToHexStringLower(SHA256.HashData(value[brace..]).AsSpan(0, CheckBytes));
        return [.. value[..brace], .. Encoding.ASCII.GetBytes($"1 {check} "), .. value[brace..]];
    }

    /// <summary>The JSON of a value.</summary>
    public static string JsonOf<T>(T value) => Encoding.UTF8.GetString(FleetPayload.Encode(value).AsSpan(HeadLength));
}
