using System.Text;

namespace Gateway.Forwarding.EventStreams;

/// <summary>What the gateway itself says on an event stream.</summary>
internal static class StreamNotice
{
    /// <summary>A comment, which no client shows.</summary>
    public static readonly ReadOnlyMemory<byte> Heartbeat = ":\n\n"u8.ToArray();

    /// <summary>The destination's stream was cut, and cannot go on elsewhere.</summary>
    public static readonly ReadOnlyMemory<byte> Interrupted = Error("The response was interrupted.", "stream_interrupted");

    /// <summary>The gateway stops.</summary>
    public static readonly ReadOnlyMemory<byte> Restarting = Error("The gateway is restarting.", "gateway_restarting");

    /// <summary>
    /// Its data is read by a page, and by the client libraries of OpenAI, which show <c>error.message</c>, and of Anthropic, which show
    /// <c>message</c> and go by <c>error.type</c>.
    /// </summary>
    private static byte[] Error(string message, string code)
    {
        const string Type = "stream_interrupted";
        var error = $$"""{"type":"{{Type}}","code":"{{code}}","message":"{{message}}"}""";
        return Encoding.UTF8.GetBytes($$"""
            event: error
            data: {"type":"error","error":{{error}},"message":"{{message}}","retry":true}


            """.ReplaceLineEndings("\n"));
    }
}
