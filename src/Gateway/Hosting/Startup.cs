namespace Gateway.Hosting;

/// <summary>What has to be set before the first socket of the process.</summary>
internal static class Startup
{
    /// <summary>Call it first.</summary>
    public static void Prepare()
    {
        // A socket's completion runs where it is seen instead of on another thread: half the CPU of a request. It is read once, at the
        // first socket.
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        // A bare LF as a line end is how requests are smuggled (RFC 9112, section 2.2 allows to refuse it).
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", isEnabled: true);
    }
}
