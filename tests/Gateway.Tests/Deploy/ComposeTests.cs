using System.Text.RegularExpressions;
using Gateway.Cli;
using Gateway.Configuration;
using Gateway.Configuration.Model;
using Gateway.Drills.Processes;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using Files = Gateway.Tests.Configuration.Repository;

namespace Gateway.Tests.Deploy;

/// <summary>
/// <c>docker-compose.yml</c> and <c>Dockerfile</c> without an engine: everything that they name exists and fits together.
/// </summary>
[Trait("kind", "process")]
public sealed partial class ComposeTests
{
    private const string Compose = "/usr/bin/docker-compose";
    private static readonly YamlMappingNode Whole = Load("docker-compose.yml");
    private static readonly string Dockerfile = File.ReadAllText(Files.PathOf("Dockerfile"));
    private static readonly GatewayConfig Gateway = Config();

    [Fact]
    public async Task Compose_AcceptsTheFile()
    {
        Assert.SkipUnless(File.Exists(Compose), "docker-compose is not installed: Debian's package is \"docker-compose\".");
        await using var compose = new ChildProcess("docker-compose", Compose, ["--file", Files.PathOf("docker-compose.yml"), "config"]);
        await compose.StartAsync(TestContext.Current.CancellationToken);
        await compose.Ended.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await compose.ReadToEndAsync();
        Assert.True(compose.ExitCode == 0, compose.Output);
    }

    [Fact]
    public void Paths_OfMountsAndImages_Exist()
    {
        var mounted = Services().SelectMany(static s => Items(s.Value, "volumes")).Select(static v => v.Split(':')[0]).ToArray();
        Assert.NotEmpty(mounted);
        var volumes = ((YamlMappingNode)Whole["volumes"]).Children.Keys.Select(static k => k.ToString()).ToHashSet(StringComparer.Ordinal);
        Assert.All(
            mounted,
            source => Assert.True(
                source.StartsWith("./", StringComparison.Ordinal) ? Exists(source) : volumes.Contains(source),
                $"\"{source}\" does not exist."));
        Assert.Equal(
            volumes.Order(StringComparer.Ordinal),
            mounted.Where(static m => !m.StartsWith("./", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

        var copied = CopyFromHere()
            .Matches(Dockerfile)
            .SelectMany(static m => m.Groups["sources"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToArray();
        Assert.Contains("src", copied);
        Assert.All(copied, source => Assert.True(Exists(source), $"The image is made of \"{source}\", which does not exist."));
        Assert.All(
            Published().Matches(Dockerfile).Select(static m => m.Groups["project"].Value),
            static project => Assert.True(Exists(project), project));
    }

    [Fact]
    public void Images_ArePinnedAndStagesExist()
    {
        var stages = Stage().Matches(Dockerfile).Select(static m => m.Groups["name"].Value).ToArray();
        foreach (var (name, service) in Services())
        {
            if (Has(service, "build"))
            {
                Assert.Contains(service["build"]["target"].ToString(), stages);
            }
            else
            {
                Assert.Matches(@"^[a-z/]+:v?[0-9]+\.[0-9]+[-.a-z0-9]*$", service["image"].ToString());
            }

            Assert.True(Has(service, "read_only") && Has(service, "cap_drop"), $"{name} is not hardened.");
        }

        Assert.All(
            Stage().Matches(Dockerfile),
            static m => Assert.Matches(
                @"^mcr\.microsoft\.com/dotnet/(sdk|aspnet|runtime-deps):10\.0|^debian:bookworm-slim$",
                m.Groups["image"].Value));
        var gateway = Dockerfile[Dockerfile.IndexOf("AS gateway", StringComparison.Ordinal)..];
        Assert.Contains("\nUSER 1654\n", gateway, StringComparison.Ordinal);
        Assert.DoesNotContain("RUN ", gateway, StringComparison.Ordinal);
    }

    [Fact]
    public void Ports_AreThoseOfThePrograms()
    {
        Assert.Contains($"EXPOSE {Gateway.Listen.Single().Url.Port} {Gateway.Admin.Url.Port}\n", Dockerfile, StringComparison.Ordinal);
        Assert.Contains("EXPOSE 9000\n", Dockerfile, StringComparison.Ordinal);
        var inside = new Dictionary<string, int[]>(StringComparer.Ordinal)
        {
            ["gateway-1"] = [Gateway.Listen.Single().Url.Port, Gateway.Admin.Url.Port],
            ["gateway-2"] = [Gateway.Listen.Single().Url.Port, Gateway.Admin.Url.Port],
            ["prometheus"] = [9090],
            ["alertmanager"] = [9093],
            ["grafana"] = [3000],
        };
        var published = Services().Where(static s => Has(s.Value, "ports")).ToDictionary(
            static s => s.Name,
            static s => Items(s.Value, "ports").ToArray(),
            StringComparer.Ordinal);
        Assert.Equal(inside.Keys.Order(StringComparer.Ordinal), published.Keys.Order(StringComparer.Ordinal));
        Assert.All(published, p => Assert.Equal(inside[p.Key], p.Value.Select(static port => int.Parse(port.Split(':')[^1]))));

        // On this machine each is used once, and whatever is not for users is on loopback alone.
        var outside = published.Values.SelectMany(static p => p).Select(static port => port[..port.LastIndexOf(':')]).ToArray();
        Assert.Distinct(outside.Select(static o => o.Split(':')[^1]));
        Assert.Equal(["8080", "8082"], outside.Where(static o => !o.StartsWith("127.0.0.1:", StringComparison.Ordinal)));
    }

    [Fact]
    public void Names_InConfigurations_AreServices()
    {
        var services = Services().Select(static s => s.Name).ToHashSet(StringComparer.Ordinal);
        var prometheus = Load("deploy", "compose", "prometheus.yml");
        var sentinel = File.ReadAllLines(Files.PathOf("deploy", "compose", "sentinel.conf"));
        string[] named =
        [
            .. Gateway.Clusters.SelectMany(static c => c.Tiers).SelectMany(static t => t.Destinations).Select(static d => d.Url.Authority),
            .. Gateway.Redis!.Sentinel!.Endpoints,
            .. Items(((YamlSequenceNode)prometheus["scrape_configs"])[0]["static_configs"][0], "targets"),
            .. Items(((YamlSequenceNode)prometheus["alerting"]["alertmanagers"])[0]["static_configs"][0], "targets"),
            new Uri(((YamlSequenceNode)Load("deploy", "compose", "datasource.yml")["datasources"])[0]["url"].ToString()).Authority,
            string.Join(':', sentinel.Single(static l => l.StartsWith("sentinel monitor ", StringComparison.Ordinal)).Split(' ')[3..5]),
        ];
        var listening = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["primary"] = "9000",
            ["standby"] = "9000",
            ["sentinel"] = "26379",
            ["gateway"] = "8081",
            ["alertmanager"] = "9093",
            ["prometheus"] = "9090",
            ["redis"] = "6379",
        };
        Assert.True(named.Length >= 12);
        Assert.All(named, at => Assert.True(services.Contains(at.Split(':')[0])
            && listening[at.Split('-', ':')[0]] == at.Split(':')[1], $"\"{at}\" is no service."));
        Assert.All(Services().SelectMany(static s => Items(s.Value, "depends_on")), on => Assert.Contains(on, services));
        Assert.Contains(
            $" {Gateway.Redis.Sentinel.Service} ",
            sentinel.Single(static l => l.StartsWith("sentinel monitor ", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.Contains("port 26379", sentinel);
    }

    [Fact]
    public async Task Commands_AreThoseOfThePrograms()
    {
        // 1. The image's own.
        var commands = OperatorCommands.All(static _ => null).Select(static c => c.Name).Append("run").ToArray();
        Assert.Contains(
            Command().Match(Dockerfile[Dockerfile.IndexOf("AS gateway", StringComparison.Ordinal)..]).Groups["command"].Value,
            commands);
        // Not a .NET process: each would cost half a second of CPU.
        Assert.Contains($"CMD [\"/app/ready\", \"{Gateway.Admin.Url.Port}\"]", Dockerfile, StringComparison.Ordinal);
        Assert.Contains("status", commands);

        // 2. The guides', as their own help lists them.
        await using var guide = new ChildProcess("guide", "dotnet", ["exec", Repository.GuideProgram, "--help"]);
        await guide.StartAsync(TestContext.Current.CancellationToken);
        await guide.Ended.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await guide.ReadToEndAsync();
        foreach (var (name, service) in Services().Where(static s => Has(s.Value, "build")
            && s.Value["build"]["target"].ToString() == "guide"))
        {
            Assert.Equal(["--name", name], Items(service, "command"));
        }

        Assert.All(["--port", "--address", "--name"], option =>
        {
            Assert.Contains(option, guide.Output, StringComparison.Ordinal);
        });
        Assert.Contains("\"--port\", \"9000\", \"--address\", \"0.0.0.0\"", Dockerfile, StringComparison.Ordinal);

        // 3. The configuration that they run with, and the time that it needs to stop.
        foreach (var (_, service) in Services().Where(static s => s.Name.StartsWith("gateway-", StringComparison.Ordinal)))
        {
            Assert.True(Exists(service["environment"]["GATEWAY_CONFIG"].ToString()));
            Assert.True(int.Parse(service["stop_grace_period"].ToString().TrimEnd('s')) >= Gateway.Drain.TotalSeconds + 31);
        }
    }

    [Fact]
    public async Task Prometheus_AcceptsItsFile()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/promtool"), "promtool is not installed: Debian's package is \"prometheus\".");
        var folder = Directory.CreateTempSubdirectory("gateway-compose-");
        try
        {
            foreach (var file in new[] { "deploy/prometheus/gateway.rules.yml", "deploy/prometheus/gateway.alerts.yml" })
            {
                File.Copy(Files.PathOf(file.Split('/')), Path.Combine(folder.FullName, Path.GetFileName(file)));
            }

            var config = Path.Combine(folder.FullName, "prometheus.yml");
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "token"), "a", TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(
                config,
                (await File.ReadAllTextAsync(
                    Files.PathOf("deploy", "compose", "prometheus.yml"),
                    TestContext.Current.CancellationToken)).Replace("/tmp/admin-token", folder.FullName
                        + "/token", StringComparison.Ordinal),
                TestContext.Current.CancellationToken);
            await using var promtool = new ChildProcess("promtool", "/usr/bin/promtool", ["check", "config", config]);
            await promtool.StartAsync(TestContext.Current.CancellationToken);
            await promtool.Ended.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            await promtool.ReadToEndAsync();
            Assert.True(promtool.ExitCode == 0, promtool.Output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static GatewayConfig Config()
    {
        // In the image both folders stand beside the program, where it is started.
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, File.ReadAllText(Files.PathOf("config", "compose.yaml"))
                + $"\nstaticFallback: {Files.PathOf("static-fallback")}\n");
            var loaded = ConfigLoader.Load(file, static name => name is "GATEWAY_ADMIN_TOKEN" ? "a-token-that-is-long-enough" : null);
            Assert.True(loaded.Config is not null, string.Join('\n', loaded.Problems));
            return loaded.Config;
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static YamlMappingNode Load(params string[] path)
    {
        // "<<" merges mappings, which the plain reader leaves to its caller.
        var stream = new YamlStream();
        stream.Load(new MergingParser(new Parser(new StringReader(File.ReadAllText(Files.PathOf(path))))));
        return (YamlMappingNode)stream.Documents[0].RootNode;
    }

    private static IEnumerable<(string Name, YamlNode Value)> Services() =>
        ((YamlMappingNode)Whole["services"]).Children.Select(static s => (s.Key.ToString(), s.Value));

    private static bool Has(YamlNode node, string key) => ((YamlMappingNode)node).Children.ContainsKey(key);

    private static IEnumerable<string> Items(YamlNode node, string key) =>
        Has(node, key) ? ((YamlSequenceNode)node[key]).Children.Select(static i => i.ToString()) : [];

    private static bool Exists(string path) => File.Exists(Files.PathOf(path)) || Directory.Exists(Files.PathOf(path));

    [GeneratedRegex(@"^COPY (?!--from)(?<sources>.+) \S+$", RegexOptions.Multiline
        | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CopyFromHere();

    [GeneratedRegex(@"dotnet publish (?<project>\S+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Published();

    [GeneratedRegex(@"^FROM (?<image>\S+) AS (?<name>\S+)$", RegexOptions.Multiline
        | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Stage();

    [GeneratedRegex(@"^CMD \[""(?<command>[a-z]+)""\]$", RegexOptions.Multiline
        | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Command();
}
