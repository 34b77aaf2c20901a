using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Gateway.Tests.Support;

/// <summary>
/// A real browser without a window, steered over its own debugging protocol: a page is opened, asked by script, and photographed.
/// </summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly DirectoryInfo _profile;
    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _id;

    private Browser(Process process, DirectoryInfo profile)
    {
        _process = process;
        _profile = profile;
    }

    /// <summary>Where it is; null: not installed.</summary>
    public static string? Program { get; } = new[]
    {
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome"
    }.FirstOrDefault(File.Exists);

    /// <summary>What to say when a test skips for the lack of it.</summary>
    public const string Missing = "Chromium is not installed: Debian's package is \"chromium\".";

    /// <summary>Arguments of every start: no window, no noise on the network, a profile of its own.</summary>
    public static string[] Arguments(DirectoryInfo profile) =>
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync", "--hide-scrollbars", $"--user-data-dir={profile.FullName}",
    ];

    /// <summary>Starts it with one page.</summary>
    public static async Task<Browser> OpenAsync(Uri page, CancellationToken cancel)
    {
        var profile = Directory.CreateTempSubdirectory("gateway-browser-");
        var process = Process.Start(new ProcessStartInfo(Program!, [.. Arguments(profile), "--remote-debugging-port=0", page.ToString()])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var browser = new Browser(process, profile);
        try
        {
            await browser.ConnectAsync(cancel);
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>What a script's expression (or its promise) comes to.</summary>
    public async Task<JsonElement> AskAsync(string script, CancellationToken cancel)
    {
        var result = await CallAsync("Runtime.evaluate", new { expression = script, awaitPromise = true, returnByValue = true }, cancel);
        if (result.TryGetProperty("exceptionDetails", out var thrown))
        {
            throw new InvalidOperationException($"The page's script failed: {thrown}");
        }

        return result.GetProperty("result").TryGetProperty("value", out var value) ? value : default;
    }

    /// <summary>Awaits that an expression becomes true; while the page is not there yet, it is not.</summary>
    public Task UntilAsync(string script, string what, CancellationToken cancel) => Eventually.BecomeTrueAsync(
        async () =>
        {
            try
            {
                return (await AskAsync($"!!({script})", cancel)).ValueKind == JsonValueKind.True;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        },
        Patience,
        what);

    /// <summary>A picture of the whole page at this width; null: no file is kept.</summary>
    public async Task PhotographAsync(string file, int width, bool dark, CancellationToken cancel)
    {
        await CallAsync("Emulation.setEmulatedMedia", new
        {
            features = new[] { new { name = "prefers-color-scheme", value = dark
            ? "dark"
            : "light" } }
        }, cancel);
        await CallAsync("Emulation.setDeviceMetricsOverride", new
        {
            width,
            height = 800,
            deviceScaleFactor = 1,
            mobile = width < 600
        }, cancel);
        var height = (await AskAsync("document.documentElement.scrollHeight", cancel)).GetInt32();
        await CallAsync("Emulation.setDeviceMetricsOverride", new { width, height, deviceScaleFactor = 1, mobile = width < 600 }, cancel);
        var picture = await CallAsync("Page.captureScreenshot", new { format = "png" }, cancel);
        await File.WriteAllBytesAsync(file, picture.GetProperty("data").GetBytesFromBase64(), cancel);
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();

        // Its helpers may still write for a moment.
        await Eventually.BeTrueAsync(Removed, Patience, "the browser's profile is removed");
    }

    private bool Removed()
    {
        try
        {
            _profile.Delete(recursive: true);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task ConnectAsync(CancellationToken cancel)
    {
        var port = 0;
        await Eventually.BeTrueAsync(() => ReadPort() is { } found && (port = found) > 0, Patience, "the browser listens");
        using var http = new HttpClient { Timeout = Patience };
        string? address = null;
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                var targets = JsonDocument.Parse(await http.GetStringAsync($"http://127.0.0.1:{port}/json/list", cancel)).RootElement;
                address =
                    targets.EnumerateArray().FirstOrDefault(static t =>
                        t.GetProperty("type").GetString() == "page") is { ValueKind: JsonValueKind.Object } page
                    ? page.GetProperty("webSocketDebuggerUrl").GetString()
                    : null;
                return address is not null;
            },
            Patience,
            "the browser has a page");
        await _socket.ConnectAsync(new Uri(address!), cancel);
    }

    private int? ReadPort()
    {
        try
        {
            return int.TryParse(
                File.ReadLines(Path.Combine(_profile.FullName, "DevToolsActivePort")).FirstOrDefault(),
                CultureInfo.InvariantCulture,
                out var port) ? port : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private async Task<JsonElement> CallAsync(string method, object parameters, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(Patience);
        var id = ++_id;
        await _socket.SendAsync(
            JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters }),
            WebSocketMessageType.Text,
            endOfMessage: true,
            deadline.Token);
        while (true)
        {
            var message = JsonDocument.Parse(await ReadAsync(deadline.Token)).RootElement;
            if (message.TryGetProperty("id", out var answered) && answered.GetInt32() == id)
            {
                return message.TryGetProperty("result", out var result)
                    ? result
                    : throw new InvalidOperationException($"The browser refused {method}: {message}");
            }
        }
    }

    private async Task<string> ReadAsync(CancellationToken cancel)
    {
        using var whole = new MemoryStream();
        while (true)
        {
            var part = await _socket.ReceiveAsync(_buffer.AsMemory(), cancel);
            whole.Write(_buffer, 0, part.Count);
            if (part.EndOfMessage)
            {
                return Encoding.UTF8.GetString(whole.ToArray());
            }
        }
    }
}
