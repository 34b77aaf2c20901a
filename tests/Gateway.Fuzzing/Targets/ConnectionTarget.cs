using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Gateway.Fuzzing.Engine;
using Gateway.Upstream;
using Gateway.Upstream.Http1;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// A whole response on a connection (<see cref="Http1Connection"/>, <see cref="Http1Response"/>): interim heads, head, body by length, by
/// chunks or until close, trailers. The same however the bytes arrive, and never a body that is longer than they are. The first byte says
/// whether the request was HEAD.
/// </summary>
internal sealed class ConnectionTarget : IFuzzTarget
{
    private readonly Socket _closed = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly ReceivedBytes _received = new();
    private readonly byte[] _buffer = new byte[4096];
    private readonly MemoryStream _body = new();
    private readonly Http1ConnectionPool _pool = new(
        new Uri("http://127.0.0.1:9"), null, null, TimeSpan.FromSeconds(1), new SocketBudget(1, TimeProvider.System), TimeProvider.System);

    public ConnectionTarget() => _closed.Dispose();

    /// <inheritdoc/>
    public string Name => "connection";

    /// <inheritdoc/>
    public int MostBytes => 2048;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds =>
    [
        .. HttpSeeds.Responses.SelectMany(static response => new byte[][] { [(byte)'G', .. response], [(byte)'H', .. response] }),
        "GHTTP/1.1 200 OK\r\nX-Long: \u001d\r\n\r\n"u8.ToArray(),
        "GHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n101d0\r\n\u001d\r\n0\r\n\r\n"u8.ToArray(),
        "GHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: \u001d\r\n\r\n"u8.ToArray(),
    ];

    /// <inheritdoc/>
    public IEnumerable<string> Words => HttpSeeds.Words;

    /// <inheritdoc/>
    public long MemoryFor(int length) => 4 * 1024 * 1024 + (400L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        if (input.IsEmpty)
        {
            return;
        }

        var isHead = input.Span[0] == 'H';
        var bytes = LongInput.Of(input[1..]);
        var whole = default(string);
        foreach (var ends in Splits.Of(bytes))
        {
            _received.Set(bytes, ends);
            var read = Read(isHead, bytes.Length);
            Invariant.Same(whole ??= read, read, "a response is the same however it arrives");
        }
    }

    private string Read(bool isHead, int received)
    {
        var shown = new StringBuilder();
        using var connection = new Http1Connection(_pool, _closed, _received, 0);
        connection.Begin(CancellationToken.None);
        _body.SetLength(0);
        try
        {
            var head = Now(connection.ReadHeadAsync(null));
            shown.Append(head.Status).Append(' ').Append(head.Length).Append(head.IsChunked).Append(head.Fields.Length);
            using var response = new Http1Response(connection, head, isHead, null);
            while (Now(response.ReadAsync(_buffer)) is > 0 and var count)
            {
                _body.Write(_buffer, 0, count);
                Invariant.Holds(_body.Length <= received, "a body is not longer than what was received");
            }

            Invariant.Holds(head.Length is not { } length || !response.HasBody || _body.Length == length, "a body has its length");
            Invariant.Holds(response.HasBody || _body.Length == 0, "what has no body has none");
            foreach (var (name, values) in response.Trailers)
            {
                shown.Append('|').Append(name).Append(':').AppendJoin('\n', (IEnumerable<string?>)values);
            }
        }
        catch (HttpIOException failure)
        {
            shown.Append(CultureInfo.InvariantCulture, $" {failure.HttpRequestError}");
        }

        // A connection that could be used again is not.
        while (_pool.Take(TimeSpan.MaxValue) is { } idle)
        {
            idle.Dispose();
        }

        return shown.Append(' ').Append(Convert.ToBase64String(_body.GetBuffer().AsSpan(0, (int)_body.Length))).ToString();
    }

    // Everything that it reads is there.
    private static T Now<T>(ValueTask<T> task)
    {
        Invariant.Holds(task.IsCompleted, "nothing is waited for");
        return task.GetAwaiter().GetResult();
    }
}
