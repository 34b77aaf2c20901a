using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Cli;
using Gateway.Hosting;
using Gateway.Observability.History;
using Gateway.Tests.Admin;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Cli;

/// <summary>
/// What all commands have in common: help, misspelt words, errors for people and for programs, completion and manual page.
/// </summary>
[Trait("kind", "process")]
public sealed class CommandLineTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Alone_ShowsTheHelpAndEndsWithZero()
    {
        var (code, output, error) = await RunAsync();
        Assert.Equal((0, ""), (code, error));
        Assert.Equal((await RunAsync("--help")).Output, output);
        Assert.All(Root().Subcommands, command => Assert.Contains($"  {command.Name} ", output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_OfEveryCommand_FitsAHundredColumns()
    {
        foreach (var command in Root().Subcommands.Where(static c => c.Name is not "drill"))
        {
            var (code, output, _) = await RunAsync(command.Name, "--help");
            Assert.Equal(0, code);
            Assert.All(output.Split('\n'), line => Assert.True(line.Length <= 100, $"{command.Name}: {line}"));
        }
    }

    [Theory]
    [InlineData(new[] { "statsu" }, "There is no command \"statsu\". Did you mean \"status\"?")]
    [InlineData(new[] { "relod" }, "There is no command \"relod\". Did you mean \"reload\"?")]
    [InlineData(new[] { "frobnicate" }, "There is no command \"frobnicate\".")]
    [InlineData(new[]
    {
        "hold",
        "standby",
        "--for",
        "10m",
        "--reson",
        "x"
    }, "There is no option \"--reson\" of \"hold\". Did you mean \"--reason\"?")]
    [InlineData(new[] { "last-good", "purg" }, "There is no command \"purg\" of \"last-good\". Did you mean \"purge\"?")]
    [InlineData(new[] { "status", "--jsno" }, "There is no option \"--jsno\" of \"status\". Did you mean \"--json\"?")]
    public async Task Misspelt_Word_IsNamedWithTheOneThatWasMeant(string[] args, string says)
    {
        var (code, output, error) = await RunAsync(args);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(says, Joined(error), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { "hold", "stanby", "--for", "10m", "--reason", "x" }, "has no tier \"stanby\". Did you mean \"standby\"?")]
    [InlineData(new[] { "drain", "guide-b" }, "No cluster has a destination \"guide-b\". Did you mean \"guide-a\"?")]
    [InlineData(new[] { "drain", "guide-b", "--cluster", "ai-guide" }, "has no destination \"guide-b\". Did you mean \"guide-a\"?")]
    [InlineData(new[] { "release", "--cluster", "ai-gide" }, "There is no cluster \"ai-gide\". Did you mean \"ai-guide\"?")]
    [InlineData(new[]
    {
        "journal",
        "--cluster",
        "ai-gide"
    }, "There is no cluster \"ai-gide\", and no entry of one. Did you mean \"ai-guide\"?")]
    [InlineData(new[] { "last-good", "purge", "--route", "recomend" }, "There is no route \"recomend\". Did you mean \"recommend\"?")]
    public async Task Misspelt_Name_IsNamedWithTheOneThatWasMeant(string[] args, string says)
    {
        await using var admin = await AdminFixture.StartAsync();
        admin.Records.Journal.Append(new JournalEntry(TimeProvider.System.GetUtcNow(), "start", "The gateway started."));
        var (code, output, error) = await RunAsync([.. args, "--admin", admin.Address.ToString()]);
        Assert.Equal((1, ""), (code, output));
        Assert.Contains(says, Joined(error), StringComparison.Ordinal);
        Assert.All(error.Split('\n'), static line => Assert.True(line.Length <= 100, line));

        // The same for a program: one JSON value, and nothing beside it.
        (code, output, error) = await RunAsync([.. args, "--json", "--admin", admin.Address.ToString()]);
        Assert.Equal((1, ""), (code, error));
        var told = JsonDocument.Parse(output).RootElement.GetProperty("error");
        Assert.Contains(says, told.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            (1, admin.Address.GetLeftPart(UriPartial.Authority)),
            (told.GetProperty("exitCode").GetInt32(), told.GetProperty("address").GetString()));
    }

    [Fact]
    public async Task Errors_WithJson_AreJsonWhateverFailed()
    {
        using var folder = new TemporaryFolder();
        var broken = folder.Write("broken.yaml", ConfigLoaderTests.Smallest + "lmits: {}\n");
        foreach (var (args, code) in new (string[], int)[]
        {
            (["status", "--json", "--admin", "http://127.0.0.1:1"], 1),
            (["status", "--json", "--admin", "nonsense"], 2),
            (["status", "--json", "--config", Path.Combine(folder.Path, "missing.yaml")], 2),
            (["status", "--json", "--jsno"], 2),
            (["statsu", "--json"], 2),
            (["check", "--json", broken], 2),
            (["explain", "GET", "/", "--json", "--config", broken], 2),
            (["explain", "G T", "/", "--json"], 2),
            (["last-good", "--warm", "list", "--json", "--config", Path.Combine(folder.Path, "missing.yaml")], 2),
        })
        {
            var (ended, output, error) = await RunAsync(args);
            Assert.True((ended, error) == (code, ""), $"{string.Join(' ', args)}: {ended} {error}");
            var told = JsonDocument.Parse(output).RootElement.GetProperty("error");
            Assert.Equal(code, told.GetProperty("exitCode").GetInt32());
            Assert.NotEmpty(told.GetProperty("message").GetString()!);
        }

        var problems = JsonDocument.Parse((await RunAsync("check", "--json", broken)).Output).RootElement
            .GetProperty("error")
            .GetProperty("problems");
        Assert.Contains("Write \"limits\" instead.", Assert.Single(problems.EnumerateArray()).GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_ThatIsWrong_IsToldFromOneThatIsMissingAndFromAGatewayThatIsNotThere()
    {
        await using var admin = await AdminFixture.StartAsync(token: "right");
        string[] args = ["status", "--admin", admin.Address.ToString()];
        Assert.Contains(
            "is there and refuses the token (401), which came from GATEWAY_ADMIN_TOKEN.",
            Joined((await RunAsync(args, "wrong")).Error),
            StringComparison.Ordinal);
        Assert.Contains("asks for its token (401).", Joined((await RunAsync(args)).Error), StringComparison.Ordinal);
        Assert.Contains(
            "(connection refused)",
            Joined((await RunAsync(["status", "--admin", "http://127.0.0.1:1"], "wrong")).Error),
            StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        var config = folder.Write("gateway.yaml", ConfigLoaderTests.Smallest
            + $"admin: {{ url: \"{admin.Address.GetLeftPart(UriPartial.Authority)}\", token: wrong-token-of-the-file }}\n");
        Assert.Contains(
            $"which came from {config}.",
            Joined((await RunAsync("status", "--config", config)).Error),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ann\u202egnp", "ann gnp@")]
    [InlineData("a\u001b[31mb", "a [31mb@")]
    public async Task OperatorName_ThatWouldSteerATerminal_IsCleaned(string user, string shown)
    {
        await using var admin = await AdminFixture.StartAsync();
        using var output = new StringWriter();
        Assert.Equal(
            0,
            await GatewayCli.RunAsync(["release", "--admin", admin.Address.ToString()], output, TextWriter.Null, name => name is "USER"
                ? user
                : null));
        var who = (await admin.GetAsync("/journal"))[0].GetProperty("who").GetString()!;
        Assert.StartsWith(shown, who, StringComparison.Ordinal);
        Assert.True(who.Length < 200);
    }

    [Fact]
    public async Task CheckConnect_ProbesEachDestinationOnceAndNamesWhatIsWrong()
    {
        await using var well = new RawServer();
        await using var ill = new RawServer();
        await using var dead = new RawServer();
        ill.Behaviour = ill.Respond(503, "ill");
        await dead.KillAsync();
        using var folder = new TemporaryFolder();
        string Config(params string[] destinations) =>
            folder.Write(
                "gateway.yaml",
                $"version: 1\nlisten: [ {{ url: \"http://127.0.0.1:8080\" }} ]\nclusters:\n  guide:\n    tiers: [ {{ name: primary, "
                    + $"destinations: [ {string.Join(", ", destinations)} ] }} ]\n    probe: {{ timeout: 20s, interval: 30s }}\nroutes: {{ "
                    + $"all: {{ match: {{ path: \"/{{**rest}}\" }}, cluster: guide }} }}\n");
        var (code, output, error) = await RunAsync(
            "check",
            "--connect",
            Config($"\"{well.Url}\"", $"\"{ill.Url}\"", $"\"{dead.Url}\"", "\"dns+http://guide.invalid:80\""));
        Assert.True((code, error) == (1, ""), error);
        Assert.Matches($@"\n  primary  127\.0\.0\.1:{well.Port} +passed in \d+ ms +http://127\.0\.0\.1:{well.Port}/health\n", output);
        Assert.Matches($@"\n  primary  127\.0\.0\.1:{ill.Port} +FAILED +status 503 \(http://127\.0\.0\.1:{ill.Port}/health\)\n", output);
        Assert.Matches($@"\n  primary  127\.0\.0\.1:{dead.Port} +FAILED +connection refused ", output);
        Assert.Matches(@"\n  primary  guide\.invalid:80 +FAILED +name not found ", output);
        Assert.EndsWith("\n3 of 4 destinations failed.\n", output, StringComparison.Ordinal);
        Assert.Equal((1, 1), (well.Connections, ill.Connections));

        (code, output, _) = await RunAsync("check", "--connect", "--json", Config($"\"{well.Url}\""));
        Assert.Equal(0, code);
        Assert.Equal("passed", JsonDocument.Parse(output).RootElement.GetProperty("destinations")[0].GetProperty("result").GetString());
    }

    [Fact]
    public async Task ManPage_IsTheCommittedFile()
    {
        var (code, output, _) = await RunAsync("man");
        Assert.Equal(0, code);
        Assert.Equal(await File.ReadAllTextAsync(Repository.PathOf("docs", "gateway.1"), Cancel), output);
    }

    [Theory]
    [InlineData("./gateway st", "status")]
    [InlineData("gateway hold standby --re", "--reason")]
    [InlineData("gateway completion f", "fish")]
    [InlineData("gateway last-good pu", "purge")]
    [InlineData("gateway check --conn", "--connect")]
    [InlineData("gateway migrate ng", "nginx")]
    [InlineData("gateway migrate nginx --ou", "--output")]
    public async Task Completion_InBash_CompletesTheWord(string line, string completed)
    {
        using var folder = new TemporaryFolder();
        var script = folder.Write("gateway.bash", (await RunAsync("completion", "bash")).Output);
        var words = line.Split(' ');
        var bash = Process.Start(new ProcessStartInfo("bash",
        [
            "-c",
            $"source {script}; COMP_WORDS=({line}); COMP_CWORD={words.Length - 1}; _gateway; echo \"${{COMPREPLY[*]}}\""
        ])
        { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await bash.StandardOutput.ReadToEndAsync(Cancel);
        Assert.Equal("", await bash.StandardError.ReadToEndAsync(Cancel));
        await bash.WaitForExitAsync(Cancel);
        Assert.Equal(completed, output.Trim());
    }

    [Theory]
    [InlineData("fish", "gateway st", "status")]
    [InlineData("fish", "gateway hold standby --re", "--reason")]
    [InlineData("fish", "gateway completion f", "fish")]
    [InlineData("fish", "gateway last-good pu", "purge")]
    [InlineData("zsh", "gateway st", "status")]
    [InlineData("zsh", "gateway hold standby --re", "--reason")]
    [InlineData("zsh", "gateway completion f", "fish")]
    [InlineData("zsh", "gateway last-good pu", "purge")]
    [InlineData("zsh", "gateway check --conn", "--connect")]
    public async Task Completion_InAnotherShell_CompletesTheWord(string shell, string line, string completed)
    {
        var (code, script, _) = await RunAsync("completion", shell);
        Assert.Equal(0, code);
        Assert.SkipUnless(File.Exists($"/usr/bin/{shell}"), $"{shell} is not installed.");
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "python3 is not installed.");
        using var folder = new TemporaryFolder();
        var file = folder.Write("_gateway", script);

        // fish completes a line by itself; zsh only at a terminal, where a function of the command's name says what it was called with.
        string[] command = shell is "fish"
            ? ["/usr/bin/fish", "--no-config", "-c", $"source {file}; complete -C '{line}'"]
            : ["/usr/bin/python3", folder.Write("terminal.py", Terminal), Path.GetDirectoryName(file)!, line];
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true
        })!;
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.Matches($@"(?m)(^|\s){Regex.Escape(completed)}(\s|$)", output);
    }

    private const string Terminal = """
        import os, pty, select, sys, time
        child, terminal = pty.fork()
        if child == 0:
            os.environ.update(TERM="dumb")
            os.execv("/usr/bin/zsh", ["zsh", "-f", "-i"])
        seen = b""
        def until(marker):
            global seen
            end = time.monotonic() + 60
            while marker not in seen and time.monotonic() < end:
                if select.select([terminal], [], [], 0.1)[0]:
                    seen += os.read(terminal, 65536)
        # The markers are typed in two parts: the terminal echoes what is typed.
        os.write(terminal, f"fpath=({sys.argv[1]} $fpath); autoload -Uz compinit; compinit -u -D; gateway() {{ print -r -- GO''T $* EN''D }}; print REA''DY\n".encode())
        until(b"READY")
        os.write(terminal, sys.argv[2].encode() + b"\t\n")
        until(b"END")
        print(seen[seen.find(b"GOT"):].decode(errors="replace").replace("END", " END") if b"GOT" in seen else seen)
        os.write(terminal, b"exit\n")
        os.close(terminal)
        """;

    private static Command[] Further() =>
        [RunCommand.Create(static _ => null), DemoCommand.Create(static _ => null), DrillCommand.Create()];

    private static RootCommand Root() => GatewayCli.Commands(static _ => null, Further());

    private static string Joined(string text) => string.Join(' ', text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private static Task<(int Code, string Output, string Error)> RunAsync(params string[] args) => RunAsync(args, null);

    private static async Task<(int Code, string Output, string Error)> RunAsync(string[] args, string? token)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await GatewayCli.RunAsync(args, output, error, name => name is "GATEWAY_ADMIN_TOKEN" ? token : null, Further());
        return (code, output.ToString(), error.ToString());
    }
}
