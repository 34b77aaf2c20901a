using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Gateway.Tests.Support;

/// <summary>OpenSSL's own client, which resumes TLS sessions as it is told.</summary>
internal static class OpenSsl
{
    private const string Program = "/usr/bin/openssl";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Asks over each version of TLS: once, and again over a connection that resumes the session of the first, if there is one to resume.
    /// Each must be answered with 200.
    /// </summary>
    /// <param name="port">Where the server listens on loopback.</param>
    /// <param name="path">The path to ask for.</param>
    /// <param name="folder">Has <c>client.pem</c>, <c>client.key</c> and <c>between.pem</c>, and takes the sessions.</param>
    public static async Task AssertServedTwiceAsync(int port, string path, string folder)
    {
        Assert.SkipUnless(File.Exists(Program), "openssl is not installed.");
        foreach (var version in new[] { "-tls1_2", "-tls1_3" })
        {
            var session = Path.Combine(folder, $"session{version}");
            Assert.Contains("HTTP/1.1 200", await AskAsync(port, path, folder, version, "-sess_out", session), StringComparison.Ordinal);
            if (File.Exists(session))
            {
                Assert.Contains("HTTP/1.1 200", await AskAsync(port, path, folder, version, "-sess_in", session), StringComparison.Ordinal);
            }
        }
    }

    private static async Task<string> AskAsync(int port, string path, string folder, params string[] arguments)
    {
        using var late = new CancellationTokenSource(Patience, TimeProvider.System);
        using var process = Process.Start(new ProcessStartInfo(
            Program,
            [
                "s_client", "-connect", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"),
                "-cert", Path.Combine(folder, "client.pem"), "-key", Path.Combine(folder, "client.key"),
                "-cert_chain", Path.Combine(folder, "between.pem"), "-ign_eof", "-quiet", .. arguments,
            ])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            await process.StandardInput.WriteAsync(
                $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".AsMemory(), late.Token);
            await process.StandardInput.FlushAsync(late.Token);
            var output = await process.StandardOutput.ReadToEndAsync(late.Token);
            await process.WaitForExitAsync(late.Token);
            return output;
        }
        catch (IOException)
        {
            // It has ended: the handshake failed.
            return "";
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
