using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Drills.Processes;
using Xunit;

namespace Gateway.Tests.Support;

/// <summary>
/// A destination that runs as a program that was not written for this gateway: node, or gunicorn, with a few lines of an application.
/// </summary>
internal sealed class ScriptServer : IAsyncDisposable
{
    private readonly string _folder;
    private readonly ChildProcess _process;

    private ScriptServer(string name, string program, string[] arguments, string folder, string scheme, int port)
    {
        _folder = folder;
        _process = new ChildProcess(name, program, arguments);
        Url = string.Create(CultureInfo.InvariantCulture, $"{scheme}://127.0.0.1:{port}");
        Port = port;
    }

    public string Url { get; }

    private int Port { get; }

    /// <summary>Node; in the script <c>PORT</c> and <c>FOLDER</c> stand for the port and the folder with the files.</summary>
    public static Task<ScriptServer> NodeAsync(string script, IReadOnlyDictionary<string, string>? files = null, string scheme = "http") =>
        StartAsync("node", "/usr/bin/node", "app.cjs", script, static (file, _) => [file], files, scheme);

    /// <summary>
    /// gunicorn's plain workers, which close the connection behind each response. The script is a WSGI module with <c>app</c>.
    /// </summary>
    public static Task<ScriptServer> GunicornAsync(string script) => StartAsync(
        "gunicorn",
        "/usr/bin/gunicorn",
        "app.py",
        script,
        static (file, port) =>
        [
            "--chdir",
            Path.GetDirectoryName(file)!,
            "-w",
            "2",
            "-b",
            string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"),
            "app:app"
        ],
        null,
        "http");

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<ScriptServer> StartAsync(
        string name,
        string program,
        string file,
        string script,
        Func<string, int, string[]> arguments,
        IReadOnlyDictionary<string, string>? files,
        string scheme)
    {
        Assert.SkipUnless(File.Exists(program), $"{name} is not installed.");
        var folder = Directory.CreateTempSubdirectory("gateway-script-").FullName;
        var port = FreePorts.Next();
        foreach (var (other, content) in files ?? new Dictionary<string, string>())
        {
            await File.WriteAllTextAsync(Path.Combine(folder, other), content);
        }

        var path = Path.Combine(folder, file);
        await File.WriteAllTextAsync(
            path,
            script.Replace("PORT", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace(
                "FOLDER",
                folder,
                StringComparison.Ordinal));
        var server = new ScriptServer(name, program, arguments(path, port), folder, scheme, port);
        await server._process.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                Assert.True(server._process.IsRunning, server._process.Output);
                try
                {
                    using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    await socket.ConnectAsync(IPAddress.Loopback, server.Port);
                    return true;
                }
                catch (SocketException)
                {
                    // It does not listen yet.
                    return false;
                }
            },
            TimeSpan.FromSeconds(60),
            $"{name} listens");
        return server;
    }
}
