using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Configuration;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Xunit;

namespace Gateway.Tests.Configuration;

[Trait("kind", "unit")]
public sealed class ConfigLoaderTests
{
    private const string Marks = " \n\t-:{}[],&*!|>'\"%@#?a1~$";

    internal const string Smallest = """
        version: 1
        listen: [ { url: "http://127.0.0.1:8080" } ]
        clusters: { guide: { tiers: [ { name: primary, destinations: [ "http://127.0.0.1:9001", "http://127.0.0.1:9002" ] } ] } }
        routes: { all: { match: { path: "/{**rest}" }, cluster: guide } }

        """;

    [Theory]
    [InlineData("runbooks: { a: { on: down, do: [ { exec: [ /bin/true, \"{\\u001b[2J}\" ] } ] } }")]
    [InlineData("\"a\\u0007\": 1")]
    [InlineData("levels: \"\\t\\n\"")]
    public void Problem_OfATextWithControlCharacters_CanBePrinted(string key)
    {
        var result = ConfigLoader.Validate(ConfigFile.Of("gateway.yaml", Encoding.UTF8.GetBytes(Smallest + key + "\n")), _ => null);

        Assert.NotEmpty(result.Problems);
        Assert.All(result.Problems, static problem => Assert.DoesNotContain(problem.ToString(), char.IsControl));
    }

    [Fact]
    public void Sample_Loaded_IsValidAndReadsEveryKey()
    {
        using var folder = new TemporaryFolder().WithStaticFiles();

        var result = ConfigLoader.Load(folder.WriteSample(), _ => null);

        Assert.Empty(result.Problems);
        var config = Assert.IsType<GatewayConfig>(result.Config);
        Assert.Equal(64, result.Hash.Length);
        var cluster = Assert.Single(config.Clusters);
        Assert.Equal("ai-guide", cluster.Name);
        Assert.Equal(["primary", "standby"], cluster.Tiers.Select(tier => tier.Name));
        Assert.Equal(["127.0.0.1:9001", "guide-b"], cluster.Tiers[0].Destinations.Select(destination => destination.Name));
        Assert.Equal(2, cluster.Tiers[0].Destinations[1].Weight);
        Assert.Equal(400, cluster.Tiers[1].Capacity);
        Assert.Equal(0.9995, cluster.Slo, 9);
        Assert.Equal("X-Conversation-Id", cluster.Affinity?.Header);
        Assert.Equal(TimeSpan.FromMilliseconds(250), cluster.Probe.FastInterval);
        Assert.Equal("ok", cluster.Probe.ExpectBody);
        Assert.Equal([502, 503, 504], cluster.Attempts.OnStatus);
        Assert.True(cluster.Attempts is { OnConnect: true, OnReset: true, OnTimeout: true, OnTruncated: true, Hedge: HedgeMode.Auto });
        Assert.Equal(["recommend", "pages", "chat", "trending", "everything-else"], config.Routes.Select(route => route.Name));
        var recommend = config.Routes[0];
        Assert.Equal(["GET"], recommend.Methods);
        Assert.Equal([
            [new KeyPart(KeyPartKind.Path), new KeyPart(KeyPartKind.QueryParameter, "category")],
            [new KeyPart(KeyPartKind.Path)]
        ], recommend.LastGood!.Nearest.Select(key => key.ToArray()));
        Assert.Equal([new LastGoodStep(), new FileStep { File = "recommend.json" }], recommend.Fallback);
        Assert.Equal(
            new FileStep { File = "guide-offline.html", Status = 503, RetryAfter = TimeSpan.FromSeconds(30) },
            config.Routes[1].Fallback[1]);
        Assert.False(config.Routes[2].Retryable);
        Assert.Equal(TimeSpan.FromSeconds(15), config.Routes[2].Stream!.Heartbeat);
        Assert.Equal(Level.Low, config.Routes[3].Level);
        Assert.True(config.Levels.Low.FirstTierOnly);
    }

    [Theory]
    [InlineData(400, 100)]
    [InlineData(1000, 250)]
    [InlineData(4000, 1000)]
    public void FastInterval_LeftOut_IsAQuarterOfTheInterval(int interval, int expected)
    {
        var result = Judge(Smallest.Replace(
            " } ] } }\nroutes",
            $" }} ], probe: {{ interval: {interval}ms, timeout: 50ms }} }} }}\nroutes",
            StringComparison.Ordinal));
        Assert.Equal(TimeSpan.FromMilliseconds(expected), result.Config!.Clusters[0].Probe.FastInterval);
    }

    [Fact]
    public void ListenStar_Read_IsEveryAddress()
    {
        var result = Judge(Smallest.Replace("127.0.0.1:8080", "*:0", StringComparison.Ordinal));
        Assert.Equal(new Uri("http://[::]:0"), result.Config!.Listen[0].Url);
    }

    [Fact]
    public void Environment_Filled_StaysAValueAndNeverBecomesStructure()
    {
        var result = Judge(Smallest
            + "redis: { endpoints: [ \"${HOST}:6379\" ], password: ${PASSWORD}, prefix: \"$${x}\" }\n", name => name switch
        {
            "HOST" => "127.0.0.1",
            "PASSWORD" => "},:#\"'[",
            _ => null,
        });

        Assert.Empty(result.Problems);
        Assert.Equal("},:#\"'[", result.Config!.Redis!.Password);
        Assert.Equal("${x}", result.Config.Redis.Prefix);
        Assert.Equal(["127.0.0.1:6379"], result.Config.Redis.Endpoints);
    }

    [Theory]
    [InlineData("admin: { token: hunter2 }")]
    [InlineData("redis: { endpoints: [ 127.0.0.1:1 ], password: hunter2 }")]
    [InlineData("redis: { endpoints: [ 127.0.0.1:1 ], secret: hunter2hunter2hunter2hunter2hunter2 }")]
    [InlineData("telemetry: { splunk: { url: http://127.0.0.1:1, token: hunter2 } }")]
    public void Secret_RecordPrinted_IsNotInIt(string line)
    {
        var config = Judge(Smallest + line + "\n").Config!;
        Assert.DoesNotContain("hunter2", $"{config}{config.Admin}{config.Redis}{config.Telemetry}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("hunter2")]
    [InlineData("\"hunter2 with blanks, and long enough otherwise\"")]
    [InlineData("${UNSET:-}")]
    public void RedisSecret_TooWeak_IsAProblemThatDoesNotRepeatIt(string secret)
    {
        var problem = Assert.Single(Judge(Smallest + $"redis: {{ endpoints: [ 127.0.0.1:1 ], secret: {secret} }}\n").Problems).ToString();
        Assert.Contains(
            "\"secret\" must be a secret text of at least 32 characters, given a secret that is not shown. Write "
                + "\"${GATEWAY_REDIS_SECRET}\"",
            problem,
            StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void TrustedProxies_Read_AreNetworks() =>
        Assert.Equal([
            IPNetwork.Parse("10.0.0.0/8"),
            IPNetwork.Parse("fd00::/8")
        ], Judge(Smallest + "trustedProxies: [ 10.0.0.0/8, \"fd00::/8\" ]\n").Config!.TrustedProxies);

    [Theory]
    [InlineData("listen: [ { ur: http://127.0.0.1:1 } ]", "url")]
    [InlineData("listen: [ { url: http://127.0.0.1:1 }, { ur: http://127.0.0.1:1 }, { url: http://127.0.0.1:2 } ]", "url")]
    [InlineData("listen: [ { ur: https://127.0.0.1:1, certificate: { fil: a.pem, ke: a.key } } ]", "url")]
    [InlineData("listen: [ { url: http://127.0.0.1:1 } ]\ntelemetry: { splunk: { ur: http://127.0.0.1:2, token: hunter2 } }", "url")]
    [InlineData("listen: [ { url: http://127.0.0.1:1 } ]\nredis: { sentinel: { servic: a, endpoint: [ 127.0.0.1:1 ] } }", "service")]
    [InlineData("listen: [ { url: nowhere, certificate: { file: a.pem, key: a.key } } ]", "url")]
    [InlineData("listen: [ {} ]", "url")]
    public void RequiredKey_MisspeltOrWrong_IsAProblemWithItsPlaceAndNoException(string lines, string key)
    {
        var result = Judge(Smallest.Replace("listen: [ { url: \"http://127.0.0.1:8080\" } ]", lines, StringComparison.Ordinal));
        Assert.Null(result.Config);
        Assert.Contains(result.Problems, problem => problem.Message.Contains($"\"{key}\"", StringComparison.Ordinal));
        Assert.All(result.Problems, static problem => Assert.InRange(problem.Line, 2, 3));
    }

    [Fact]
    public void Destination_UrlMisspelt_IsOneProblemAndNoException()
    {
        var result = Judge(Smallest.Replace("\"http://127.0.0.1:9001\"", "{ ur: \"http://127.0.0.1:9001\" }", StringComparison.Ordinal));
        Assert.Contains("Write \"url\" instead", Assert.Single(result.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_Missing_IsOneProblem() =>
        Assert.Equal(
            "/nowhere/gateway.yaml:1:1: There is no such file. Name an existing one, or put it there.",
            Assert.Single(ConfigLoader.Load("/nowhere/gateway.yaml", _ => null).Problems).ToString());

    [Fact]
    public void File_IsFolder_IsOneProblem()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(
            "This is a folder. Name the configuration file in it.",
            Assert.Single(ConfigLoader.Load(folder.Path, _ => null).Problems).Message);
    }

    [Fact]
    public void File_OfFiftyMebibytes_IsOneProblem()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "large.yaml");
        using (var file = File.Create(path))
        {
            file.SetLength(50L << 20);
        }

        Assert.StartsWith(
            "The file is larger than 4MiB.",
            Assert.Single(ConfigLoader.Load(path, _ => null).Problems).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\u00ff\u00fea", "The file is encoded as UTF-16. Save it as UTF-8.")]
    [InlineData("version: 1\nstate: \u00ff", "A byte here is not UTF-8. Save the file as UTF-8.")]
    public void Bytes_NotUtf8_AreOneProblem(string latin1, string expected) =>
        Assert.Equal(
            expected,
            Assert.Single(ConfigLoader.Validate(ConfigFile.Of("a.yaml", Encoding.Latin1.GetBytes(latin1)), _ => null).Problems).Message);

    [Fact]
    public void Aliases_UnfoldingWithoutEnd_AreStopped()
    {
        var text = new StringBuilder("version: 1\nroutes: { all: { match: { path: /a }, cluster: guide, lastGood: { nearest: &b [");
        text.AppendJoin(',', Enumerable.Range(0, 900).Select(i => i == 0
            ? "&a [" + string.Join(',', Enumerable.Repeat("path", 900)) + "]"
            : "*a")).Append("] } } }\n");

        var result = Judge(text.ToString());

        Assert.Contains(
            result.Problems,
            problem => problem.Message.StartsWith("The file unfolds into too many values", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("listen: [LIST]", "{ url: \"http://127.0.0.1:8080\" }", 5_000)]
    [InlineData("notify: [LIST]", "{ events: [drill] }", 5_000)]
    [InlineData("routes: {LIST}", "rN: { match: { path: /a }, cluster: guide }", 5_000)]
    public void Items_Thousands_AreRefusedBeforeTheyAreCompared(string list, string item, int count)
    {
        var items = string.Join(", ", Enumerable.Range(0, count).Select(i => item.Replace("rN", $"r{i}", StringComparison.Ordinal)));
        var result = Judge("version: 1\n" + list.Replace("LIST", items, StringComparison.Ordinal) + "\n");
        Assert.Contains(result.Problems, problem => problem.Message.Contains("more than", StringComparison.Ordinal) && problem.Line == 2);
        Assert.True(result.Problems.Length < 10, "One list that is too long is one problem.");
    }

    [Fact]
    public void Problems_Thousands_AreCutWithACount()
    {
        var result = Judge(Smallest + string.Concat(Enumerable.Range(0, 5_000).Select(i => $"unknown{i}: 1\n")));
        Assert.Equal(101, result.Problems.Length);
        Assert.Equal("There are 4900 more problems from here on. Solve those above first.", result.Problems[^1].Message);
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, "The certificate expired at 2026-01-31 00:00Z")]
    public void Certificate_OnDisk_IsLoaded(bool expired, string? warning)
    {
        using var folder = new TemporaryFolder();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=shop", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(
                new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
                new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero));
        var (file, keyFile) = (folder.Write(
            "a.pem",
            certificate.ExportCertificatePem()), folder.Write("a.key", key.ExportPkcs8PrivateKeyPem()));
        var text = Smallest.Replace(
            "{ url: \"http://127.0.0.1:8080\" }",
            $"{{ url: \"https://127.0.0.1:8443\", certificate: {{ file: \"{file}\", key: \"{keyFile}\" }} }}",
            StringComparison.Ordinal);

        var result = ConfigLoader.Validate(
            ConfigFile.Of("a.yaml", Encoding.UTF8.GetBytes(text)),
            _ => null,
            new FixedClock(new DateTimeOffset(2026, expired ? 2 : 1, 10, 0, 0, 0, TimeSpan.Zero)));

        Assert.Empty(result.Problems);
        Assert.Equal(new CertificateConfig(file, keyFile), result.Config!.Listen[0].Certificate);
        if (warning is null)
        {
            Assert.Empty(result.Warnings);
        }
        else
        {
            Assert.StartsWith(warning, Assert.Single(result.Warnings).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>
    /// Whatever a disk, an editor or a stranger makes of the file, it is judged: no exception, and a place inside the file.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Sample_Mutated_IsJudgedWithoutAnException(int seed)
    {
        var sample = File.ReadAllBytes(Repository.PathOf("config", "gateway.yaml"));
        var random = new Random(seed);
        byte[] hostile =
        [
            0,
            (byte)'\t',
            (byte)'\n',
            (byte)'"',
            (byte)'\'',
            (byte)'{',
            (byte)'}',
            (byte)'[',
            (byte)']',
            (byte)':',
            (byte)'*',
            (byte)'&',
            (byte)'!',
            (byte)'$',
            (byte)'%',
            (byte)'|',
            (byte)'>',
            (byte)'-',
            (byte)'?',
            0xEF,
            0xFF,
            0xC3
        ];
        for (var round = 0; round < 400; round++)
        {
            var bytes = sample.ToList();
            for (var edits = random.Next(1, 8); edits > 0; edits--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(5))
                {
                    case 0: bytes[at] = hostile[random.Next(hostile.Length)]; break;
                    case 1: bytes.Insert(at, hostile[random.Next(hostile.Length)]); break;
                    case 2: bytes.RemoveRange(at, Math.Min(random.Next(1, 200), bytes.Count - at)); break;
                    case 3: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 200), bytes.Count - at))); break;
                    default: bytes[at] = (byte)random.Next(256); break;
                }

                if (bytes.Count == 0)
                {
                    bytes.Add((byte)'a');
                }
            }

            var result = ConfigLoader.Validate(ConfigFile.Of("a.yaml", [.. bytes]), _ => null);

            Assert.Equal(result.Config is null, result.Problems.Length > 0);
            Assert.All(result.Problems, problem => Assert.True(problem is { Line: >= 1, Column: >= 1, Message.Length: > 0 }));
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void RandomBytes_Judged_AreProblemsWithoutAnException(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 1_000; round++)
        {
            var bytes = new byte[random.Next(0, 300)];
            for (var i = 0; i < bytes.Length; i++)
            {
                bytes[i] = (byte)(round % 2 == 0 ? random.Next(256) : Marks[random.Next(Marks.Length)]);
            }

            Assert.NotEmpty(ConfigLoader.Validate(ConfigFile.Of("a.yaml", bytes), _ => null).Problems);
        }
    }

    [Fact]
    public void Sample_CutAnywhere_IsJudgedWithoutAnException()
    {
        var sample = File.ReadAllBytes(Repository.PathOf("config", "gateway.yaml"));
        for (var length = 0; length < sample.Length; length += 37)
        {
            var result = ConfigLoader.Validate(ConfigFile.Of("a.yaml", sample[..length]), _ => null);
            Assert.Equal(result.Config is null, result.Problems.Length > 0);
        }
    }

    internal static ConfigResult Judge(string text, Func<string, string?>? environment = null) =>
        ConfigLoader.Validate(ConfigFile.Of("gateway.yaml", Encoding.UTF8.GetBytes(text)), environment ?? (_ => null));

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
