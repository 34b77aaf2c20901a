using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Conformance.Hostile;
using Gateway.Conformance.Support;

namespace Gateway.Conformance.Messages;

/// <summary>A destination of HTTP/1.1, in clear or over TLS, that responds to the request for a case with the case's own bytes.</summary>
internal sealed class BytesOrigin : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2? _certificate;
    private readonly Task _accepting;

    /// <param name="authority">Its certificate's; null: in clear.</param>
    public BytesOrigin(Authority? authority)
    {
        _certificate = authority is null ? null : X509Certificate2.CreateFromPemFile(authority.CertificateFile, authority.KeyFile);
        _listener.Start(512);
        _accepting = AcceptAsync();
    }

    public string Url =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{(_certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _certificate?.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                await using var stream = await OpenAsync(client);
                var buffer = new byte[16_384];
                var read = "";
                while (true)
                {
                    // Requests of this table have no body.
                    int end;
                    while ((end = read.IndexOf("\r\n\r\n", StringComparison.Ordinal)) < 0)
                    {
                        var count = await stream.ReadAsync(buffer, _stop.Token);
                        if (count == 0)
                        {
                            return;
                        }

                        read += Encoding.Latin1.GetString(buffer, 0, count);
                    }

                    var target = read[..end].Split(' ')[1];
                    read = read[(end + 4)..];
                    var number = target[(target.LastIndexOf('/') + 1)..];
                    if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                    {
                        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray(), _stop.Token);
                        continue;
                    }

                    var response = ResponseTable.All[index];
                    foreach (var piece in response.Pieces)
                    {
                        await stream.WriteAsync(Generator.Bytes(piece), _stop.Token);
                        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, _stop.Token);
                    }

                    if (response.Closes)
                    {
                        await (stream is SslStream tls ? tls.ShutdownAsync() : Task.CompletedTask);
                        client.Client.Shutdown(SocketShutdown.Send);
                        return;
                    }
                }
            }
            catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The gateway had enough of it, or the test is over.
            }
        }
    }

    private async Task<Stream> OpenAsync(TcpClient client)
    {
        if (_certificate is null)
        {
            return client.GetStream();
        }

        var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificate = _certificate, ApplicationProtocols = [SslApplicationProtocol.Http11] },
            _stop.Token);
        return tls;
    }
}
