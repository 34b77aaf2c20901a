using System.Buffers;
using System.Globalization;
using System.Text;

namespace Gateway.Upstream.Http1;

/// <summary>
/// The body of a request on its way over a connection of ours, beside the reading of the response: a destination may answer before it has
/// all of it, and may want to be asked first (<c>Expect: 100-continue</c>, RFC 9110, section 10.1.1). It frames the body, and never ends
/// one that is not whole.
/// </summary>
internal sealed class Http1RequestBody : WriteOnlyStream
{
    /// <summary>How long a destination may leave an <c>Expect</c> unanswered before the body follows all the same.</summary>
    private static readonly TimeSpan ContinueWithin = TimeSpan.FromSeconds(1);

    private readonly Http1Connection _connection;
    private readonly long? _length;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource? _continue;
    private long _sent;
    private int _isSent;

    /// <param name="connection">Where it goes.</param>
    /// <param name="length">Its length in bytes, as the head says; null: it goes in chunks.</param>
    /// <param name="awaitsContinue">The head says <c>Expect: 100-continue</c>.</param>
    /// <param name="time">The clock.</param>
    public Http1RequestBody(Http1Connection connection, long? length, bool awaitsContinue, TimeProvider time)
    {
        _connection = connection;
        _length = length;
        _time = time;
        _continue = awaitsContinue ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : null;
    }

    /// <summary>All of it was sent.</summary>
    public bool IsSent => Volatile.Read(ref _isSent) != 0;

    /// <summary>The destination wants the body.</summary>
    public void Continue() => _continue?.TrySetResult();

    /// <summary>Nothing of it is wanted any more. What is being sent ends soon; any thread, any number of times.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>
    /// Sends it, and never throws: what came of it shows in <see cref="IsSent"/>, and what it did to the exchange in the response.
    /// </summary>
    /// <param name="head">Goes first; null: it was sent.</param>
    /// <param name="write">Writes the content to the stream that it is given, which is this one.</param>
    /// <returns>False: the content could not be read, so that the request must not end as if it were whole.</returns>
    public async Task<bool> SendAsync(ReadOnlyMemory<byte> head, Func<Stream, CancellationToken, Task> write)
    {
        try
        {
            await _connection.SendAsync(head).ConfigureAwait(false);
            if (_continue is not null)
            {
                await Task.WhenAny(_continue.Task, Task.Delay(ContinueWithin, _time, _stop.Token)).ConfigureAwait(false);
                _stop.Token.ThrowIfCancellationRequested();
            }
        }
        catch (Exception)
        {
            // The connection broke, or the response was here first; either is the reader's to tell.
            return true;
        }

        try
        {
            await write(this, _stop.Token).ConfigureAwait(false);
            if (_length is null)
            {
                await _connection.SendAsync("0\r\n\r\n"u8.ToArray()).ConfigureAwait(false);
            }
            else if (_sent != _length)
            {
                return false;
            }

            Volatile.Write(ref _isSent, 1);
            return true;
        }
        catch (Exception)
        {
            return HasFailed || _stop.IsCancellationRequested;
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            if (_length is { } length)
            {
                if (_sent + buffer.Length > length)
                {
                    throw new UnwritableRequestException("The body of the request is longer than its Content-Length.");
                }

                await _connection.SendAsync(buffer).ConfigureAwait(false);
            }
            else
            {
                await SendChunkAsync(buffer).ConfigureAwait(false);
            }

            _sent += buffer.Length;
        }
        catch (Exception)
        {
            HasFailed = true;
            throw;
        }
    }

    /// <summary>The connection took no more.</summary>
    private bool HasFailed { get; set; }

    /// <summary>In one piece: its length, itself, and the line end behind it.</summary>
    private async ValueTask SendChunkAsync(ReadOnlyMemory<byte> buffer)
    {
        var chunk = ArrayPool<byte>.Shared.Rent(buffer.Length + 16);
        try
        {
            var start = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{buffer.Length:x}\r\n"), chunk);
            buffer.CopyTo(chunk.AsMemory(start));
            "\r\n"u8.CopyTo(chunk.AsSpan(start + buffer.Length));
            await _connection.SendAsync(chunk.AsMemory(0, start + buffer.Length + 2)).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    public override void Flush()
    {
        // Nothing is kept back.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
