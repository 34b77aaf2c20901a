using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Redis;

/// <summary>
/// Asks a server of the Redis protocol one thing over a connection of its own, within a deadline. For what the client library does not
/// tell: who the sentinels hold to be the master, and why a server cannot be used.
/// </summary>
internal static class RawQuestion
{
    private const int ResponseLimit = 2048;
    private static readonly TimeSpan Within = TimeSpan.FromMilliseconds(300);

    // The handshake takes further round trips, and computes.
    private static readonly TimeSpan WithinOverTls = TimeSpan.FromMilliseconds(800);

    /// <summary>What it answered, until <paramref name="enough"/> says so; null: nothing of use in time.</summary>
    /// <exception cref="RedisFailedException">The TLS handshake failed.</exception>
    public static async Task<string?> AskAsync(
        string endpoint,
        RedisTls? tls,
        IReadOnlyList<string[]> commands,
        Predicate<string> enough,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(tls is null ? Within : WithinOverTls, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var colon = endpoint.LastIndexOf(':');
            using var client = new TcpClient();
            var host = endpoint[..colon].Trim('[', ']');
            await client.ConnectAsync(
                host,
                int.Parse(endpoint.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture),
                both.Token).ConfigureAwait(false);
            var stream = tls is null ? client.GetStream() : await tls.OpenAsync(client.GetStream(), host, both.Token).ConfigureAwait(false);
            await using var ending = stream.ConfigureAwait(false);
            await stream.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(commands.Select(TextOf))), both.Token).ConfigureAwait(false);
            var buffer = new byte[ResponseLimit];
            for (var length = 0; length < ResponseLimit;)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(length), both.Token).ConfigureAwait(false);
                length += read;
                var text = Encoding.UTF8.GetString(buffer, 0, length);
                if (enough(text))
                {
                    return text;
                }

                if (read == 0)
                {
                    break;
                }
            }

            return null;
        }
        catch (Exception e) when (e is SocketException or IOException or FormatException or ArgumentException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    private static string TextOf(string[] command) =>
        string.Create(CultureInfo.InvariantCulture, $"*{command.Length}\r\n")
            + string.Concat(command.Select(static part => string.Create(
                CultureInfo.InvariantCulture,
                $"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n")));
}
