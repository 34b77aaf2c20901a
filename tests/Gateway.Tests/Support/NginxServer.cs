using System.Globalization;
using System.Net;
using Gateway.Drills.Processes;
using Xunit;

namespace Gateway.Tests.Support;

/// <summary>Debian's nginx on a free port with a folder of files of its own: a destination that was not written for this gateway.</summary>
internal sealed class NginxServer : IAsyncDisposable
{
    private const string Program = "/usr/sbin/nginx";

    private readonly string _folder;
    private readonly ChildProcess _process;

    private NginxServer(string folder, int port)
    {
        _folder = folder;
        Port = port;
        _process = new ChildProcess("nginx", Program, ["-p", folder, "-e", "stderr", "-c", Path.Combine(folder, "nginx.conf")]);
    }

    /// <summary>The port it listens on.</summary>
    public int Port { get; }

    /// <summary>Its address.</summary>
    public string Url => "http://127.0.0.1:" + Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>Starts one; the test is skipped where nginx is not installed.</summary>
    /// <param name="files">Files by name, which it serves under <c>/</c>; <c>health</c> is added.</param>
    /// <param name="server">Further lines of its <c>server</c> block.</param>
    /// <param name="http">Further lines of its <c>http</c> block.</param>
    public static async Task<NginxServer> StartAsync(IReadOnlyDictionary<string, byte[]> files, string server = "", string http = "")
    {
        Assert.SkipUnless(File.Exists(Program), "nginx is not installed: Debian's package is \"nginx\".");
        var folder = Directory.CreateTempSubdirectory("gateway-nginx-").FullName;
        var root = Directory.CreateDirectory(Path.Combine(folder, "www")).FullName;
        await File.WriteAllTextAsync(Path.Combine(root, "health"), "ok");
        foreach (var (name, content) in files)
        {
            await File.WriteAllBytesAsync(Path.Combine(root, name), content);
        }

        if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess)
        {
            // Started by root, its workers run as another user, and the temporary folder belongs to root alone.
            File.SetUnixFileMode(
                folder,
                UnixFileMode.UserRead
                    | UnixFileMode.UserWrite
                    | UnixFileMode.UserExecute
                    | UnixFileMode.GroupExecute
                    | UnixFileMode.GroupRead
                    | UnixFileMode.OtherRead
                    | UnixFileMode.OtherExecute);
        }

        var nginx = new NginxServer(folder, FreePorts.Next());
        await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), $$"""
            daemon off;
            master_process off;
            pid {{folder}}/nginx.pid;
            error_log stderr warn;
            events { worker_connections 512; }
            http {
              access_log off;
              default_type text/plain;
              client_body_temp_path {{folder}}/body;
              proxy_temp_path {{folder}}/proxy;
              fastcgi_temp_path {{folder}}/fastcgi;
              uwsgi_temp_path {{folder}}/uwsgi;
              scgi_temp_path {{folder}}/scgi;
              {{http}}
              server {
                listen 127.0.0.1:{{nginx.Port}};
                root {{root}};
                {{server}}
              }
            }
            """);
        await nginx._process.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient(new SocketsHttpHandler());
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                Assert.True(nginx._process.IsRunning, nginx._process.Output);
                try
                {
                    using var response = await client.GetAsync(new Uri(nginx.Url + "/health"));
                    return response.StatusCode == HttpStatusCode.OK;
                }
                catch (HttpRequestException)
                {
                    // It does not listen yet.
                    return false;
                }
            },
            TimeSpan.FromSeconds(20),
            "nginx answers");
        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
