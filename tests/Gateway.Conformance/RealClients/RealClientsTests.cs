using System.Globalization;
using Gateway.Conformance.Support;
using Xunit;

namespace Gateway.Conformance.RealClients;

/// <summary>Clients of other makers work through the gateway. Each is a program that runs its checks and prints a line for each.</summary>
public sealed class RealClientsTests(RealClientsBed bed) : IClassFixture<RealClientsBed>
{
    [Fact]
    public Task Fetch_OfNode_Works() => NodeAsync("fetch.mjs", "express", bed.ClearUrl, bed.TlsUrl);

    [Fact]
    public Task OpenAiAndEventSource_ReadStreams() => NodeAsync("streams.mjs", "openai", bed.ClearUrl, bed.TlsUrl);

    [Fact]
    public async Task Chromium_EventSource_ReceivesComesAgainAndSeesInterruptions()
    {
        Tools.NeedPackage("ws");
        await ChecksAsync(
            Tools.Need("node"),
            Path.Combine(Tools.Clients, "chromium.mjs"),
            Tools.Need("chromium"),
            bed.ClearUrl,
            bed.TlsUrl);
    }

    [Fact]
    public Task Ws_TalksOverBothListeners() => NodeAsync("websocket.mjs", "ws", bed.ClearUrl, bed.TlsUrl);

    [Fact]
    public Task GrpcJs_ToADestinationInClear_Works() =>
        NodeAsync("grpc.mjs", "@grpc/grpc-js", new Uri(bed.TlsUrl).Port.ToString(CultureInfo.InvariantCulture), bed.AuthorityFile);

    [Fact]
    public Task GrpcJs_ToADestinationWithTls_Works() =>
        NodeAsync("grpc.mjs", "@grpc/grpc-js", bed.GrpcTlsPort.ToString(CultureInfo.InvariantCulture), bed.AuthorityFile);

    [Fact]
    public async Task Python_RequestsAndUrllib_Work()
    {
        Tools.Need("python3");
        var module = await Command.RunAsync("/usr/bin/python3", ["-c", "import requests"], cancel: TestContext.Current.CancellationToken);
        Assert.SkipUnless(module.ExitCode == 0, "python3-requests is not installed.");
        await ChecksAsync("/usr/bin/python3", Path.Combine(Tools.Clients, "client.py"), bed.ClearUrl, bed.TlsUrl, bed.AuthorityFile);
    }

    [Fact]
    public Task Java_HttpClient_Works() =>
        ChecksAsync(Tools.Need("java"), Path.Combine(Tools.Clients, "Client.java"), bed.ClearUrl, bed.TlsUrl, bed.AuthorityFile);

    [Fact]
    public async Task Go_NetHttp_Works()
    {
        bed.Need();
        var program = Path.Combine(bed.Folder, "go-client");
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["GO111MODULE"] = "off", ["CGO_ENABLED"] = "0" };
        var built = await Command.RunAsync(Tools.Need("go"),
        [
            "build",
            "-o",
            program,
            "client.go"
        ], environment: environment, cancel: TestContext.Current.CancellationToken);
        Assert.True(built.ExitCode == 0, built.Error);
        await ChecksAsync(program, bed.ClearUrl, bed.TlsUrl, bed.AuthorityFile);
    }

    private Task NodeAsync(string script, string package, params string[] arguments)
    {
        Tools.NeedPackage(package);
        return ChecksAsync(Tools.Need("node"), [Path.Combine(Tools.Clients, script), .. arguments]);
    }

    private async Task ChecksAsync(string program, params string[] arguments)
    {
        bed.Need();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["NODE_EXTRA_CA_CERTS"] = bed.AuthorityFile,
            ["PYTHONDONTWRITEBYTECODE"] = "1"
        };
        var output = await Command.RunAsync(program, arguments, environment: environment, cancel: TestContext.Current.CancellationToken);

        var failed = output.Text.Split('\n').Where(line => line.StartsWith("FAILED", StringComparison.Ordinal)).ToArray();
        Assert.True(failed.Length == 0, string.Join('\n', failed));
        Assert.True(output.ExitCode == 0
            && output.Text.Contains("ok ", StringComparison.Ordinal), $"It ended with {output.ExitCode}.\n{output.Text}\n{output.Error}");
    }
}
