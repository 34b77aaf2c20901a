using System.Buffers.Binary;
using System.Text;
using Gateway.Health.Model;

namespace Gateway.Health.Probing;

/// <summary>
/// The messages of <c>grpc.health.v1.Health/Check</c>, the health checking protocol of gRPC. Two fields in all, so that no library for
/// protocol buffers is needed. Pure.
/// </summary>
internal static class GrpcHealth
{
    /// <summary>The method.</summary>
    public const string Path = "/grpc.health.v1.Health/Check";

    /// <summary>The trailer with the call's status.</summary>
    public const string Status = "grpc-status";

    /// <summary>A response that is longer is none of this method's.</summary>
    public const int LongestResponse = 256;

    private const int Serving = 1;

    /// <summary><c>HealthCheckRequest { string service = 1; }</c> as one message of gRPC.</summary>
    public static byte[] RequestFor(string service)
    {
        var name = Encoding.UTF8.GetBytes(service);
        List<byte> field = [];
        if (name.Length > 0)
        {
            field.Add((1 << 3) | 2);
            for (var left = name.Length; ; left >>= 7)
            {
                field.Add((byte)(left < 0x80 ? left : (left & 0x7f) | 0x80));
                if (left < 0x80)
                {
                    break;
                }
            }

            field.AddRange(name);
        }

        var message = new byte[5 + field.Count];
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), field.Count);
        field.CopyTo(message, 5);
        return message;
    }

    /// <summary>What is wrong; <see cref="FailureCause.None"/>: it serves.</summary>
    /// <param name="status"><c>grpc-status</c>; null: there was none.</param>
    /// <param name="body">The response's message: <c>HealthCheckResponse { ServingStatus status = 1; }</c>.</param>
    public static FailureCause Judge(string? status, ReadOnlySpan<byte> body) => status switch
    {
        // NOT_FOUND: the service is not known. UNIMPLEMENTED: there is no health service.
        "5" or "12" => FailureCause.NoHealthService,
        "0" => IsServing(body) ? FailureCause.None : FailureCause.NotServing,
        null => FailureCause.InvalidResponse,
        _ => FailureCause.NotServing,
    };

    private static bool IsServing(ReadOnlySpan<byte> body)
    {
        if (body.Length < 5 || body[0] != 0)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(body[1..]);
        if (length > body.Length - 5)
        {
            return false;
        }

        // The only field is a varint of one byte; the last one counts, as everywhere in protocol buffers. What a later version adds stands
        // behind it.
        var message = body.Slice(5, (int)length);
        var serving = false;
        while (message is [1 << 3, < 0x80 and var value, ..])
        {
            serving = value == Serving;
            message = message[2..];
        }

        return serving;
    }
}
