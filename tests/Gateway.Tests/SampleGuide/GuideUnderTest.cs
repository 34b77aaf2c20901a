using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Gateway.Tests.SampleGuide;

/// <summary>A sample guide in a process of its own, on a free port.</summary>
internal sealed class GuideUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly HttpClient _http;

    private GuideUnderTest(Process process, Uri url)
    {
        _process = process;
        Url = url;
        _http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero })
        {
            BaseAddress = url,
            Timeout = Deadline
        };
    }

    public Uri Url { get; }

    public int Id => _process.Id;

    public static async Task<GuideUnderTest> StartAsync(params string[] options)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (string argument in (string[])[Path.Combine(AppContext.BaseDirectory, "sample-guide.dll"), "--port", "0", .. options])
        {
            start.ArgumentList.Add(argument);
        }

        Process process = Process.Start(start)!;
        string? line = await process.StandardOutput
            .ReadLineAsync(TestContext.Current.CancellationToken)
            .AsTask()
            .WaitAsync(Deadline, TimeProvider.System);
        Assert.StartsWith("listening on http://127.0.0.1:", line, StringComparison.Ordinal);
        return new GuideUnderTest(process, new Uri(line!["listening on ".Length..]));
    }

    public Task<HttpResponseMessage> GetAsync(string path, Action<HttpRequestMessage>? change = null) =>
        SendAsync(HttpMethod.Get, path, change);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, path);
        change?.Invoke(request);
        return await _http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async Task FaultAsync(string json)
    {
        using HttpResponseMessage response = await SendAsync(
            HttpMethod.Put,
            "/faults",
            request => request.Content = new StringContent(json, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json")));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>Everything that comes back on a connection of its own, and how it ended: null for FIN, else the socket's error.</summary>
    public async Task<(string Received, SocketError? End)> RawAsync(string path)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var deadline = new CancellationTokenSource(Deadline, TimeProvider.System);
        await socket.ConnectAsync(IPAddress.Loopback, Url.Port, deadline.Token);
        using var received = new MemoryStream();
        try
        {
            await socket.SendAsync(
                Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: guide\r\nConnection: close\r\n\r\n"),
                deadline.Token);
            var buffer = new byte[4096];
            for (int read; (read = await socket.ReceiveAsync(buffer, deadline.Token)) > 0;)
            {
                received.Write(buffer, 0, read);
            }

            return (Encoding.UTF8.GetString(received.ToArray()), null);
        }
        catch (SocketException e)
        {
            return (Encoding.UTF8.GetString(received.ToArray()), e.SocketErrorCode);
        }
    }

    public void Kill() => _process.Kill();

    /// <summary>SIGTERM; the process's exit code.</summary>
    public async Task<int> EndAsync()
    {
        using (Process kill = Process.Start("kill", ["-TERM", _process.Id.ToString()]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Deadline, TimeProvider.System);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }
}
