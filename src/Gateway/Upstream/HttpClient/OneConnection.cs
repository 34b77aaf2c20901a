namespace Gateway.Upstream.HttpClient;

/// <summary>
/// A client for one request that takes its connection over, as an upgrade does. <see cref="SocketsHttpHandler"/> repeats a request without
/// a content by itself when its connection ends before a response; here it gets no second connection to do so.
/// </summary>
internal sealed class OneConnection : HttpMessageInvoker
{
    private readonly Gate _gate;

    private OneConnection(SocketsHttpHandler handler, Gate gate)
        : base(handler, disposeHandler: true) => _gate = gate;

    /// <summary>The connection ended before a response, and the request was not sent again.</summary>
    public bool WasAskedAgain => Volatile.Read(ref _gate.Asked) > 1;

    /// <summary>Makes one of a handler that has no connection yet; it owns it from here on.</summary>
    public static OneConnection Of(SocketsHttpHandler handler)
    {
        var gate = new Gate();
        var connect = handler.ConnectCallback!;
        handler.ConnectCallback = (context, cancellationToken) =>
            Interlocked.Increment(ref gate.Asked) == 1
                ? connect(context, cancellationToken)
                : throw new IOException("The connection ended before the response did.");
        return new OneConnection(handler, gate);
    }

    private sealed class Gate
    {
        public int Asked;
    }
}
