using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Redis;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Redis;

/// <summary>The connection over TLS and as a user of Redis, against a real server.</summary>
[Trait("kind", "server")]
public sealed class RedisTlsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Each flaw by its own words, and used once the server has what it lacked.</summary>
    [Theory]
    [InlineData("localhost", 30, "own", null)]
    [InlineData("127.0.0.1", 30, "own", null)]
    [InlineData("other.example", 30, "own", "for another name")]
    [InlineData("localhost", -1, "own", "has expired")]
    [InlineData("other.example", -1, "other", "has expired")]
    [InlineData("localhost", 30, "other", "not from an authority that is trusted")]
    [InlineData("localhost", 30, "machine", "not from an authority that is trusted")]
    [InlineData("localhost", 30, "missing", "cannot be read as PEM")]
    public async Task Certificate_VerifiedOrRefused_SaysWhy(string name, int daysLeft, string authority, string? words)
    {
        var (redis, port) = await StartAsync(name, TimeSpan.FromDays(daysLeft));
        using var ending = redis;
        _folder.Write("other.pem", Certificates.Create("other", "other").Certificate);
        var config = Over(name == "127.0.0.1" ? name : "localhost", port) with
        {
            Ca = authority switch { "own" => PathOf("redis.pem"), "machine" => null, var file => PathOf(file + ".pem") },
        };
        await using var connection = RedisUnderTest.Start(config);
        if (words is not null)
        {
            await BecomesAsync(connection, words);
            Assert.False(connection.IsUp);
            Assert.Equal(":0", redis.Command("EXISTS shop:beat").TrimEnd());
            return;
        }

        await BecomesUsedAsync(connection);
        await connection.SetAsync([("shop:a", "1"u8.ToArray(), TimeSpan.FromMinutes(5))], Cancel);
        Assert.StartsWith("$1", redis.Command("GET shop:a"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AuthoritiesReplaced_TheNextConnectionTrustsThem()
    {
        var (redis, port) = await StartAsync("localhost", TimeSpan.FromDays(30));
        using var ending = redis;
        _folder.Write("authorities.pem", Certificates.Create("other", "other").Certificate);
        await using var connection = RedisUnderTest.Start(Over("localhost", port) with { Ca = PathOf("authorities.pem") });
        await BecomesAsync(connection, "not from an authority that is trusted");
        _folder.Write("authorities.pem", await File.ReadAllTextAsync(PathOf("redis.pem"), Cancel));
        await BecomesUsedAsync(connection);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task User_WrongPasswordThenFewRightsThenAll_IsTold_AndUsed(bool tls)
    {
        // The user "default" has a password: a connection whose user is refused would otherwise go on as "default".
        var (redis, port) = await StartAsync("localhost", TimeSpan.FromDays(30), "of-default");
        using var ending = redis;
        redis.Command("ACL SETUSER guide on >other-password +@all ~*");
        var config = (tls ? Over("localhost", port) : new RedisConfig { Endpoints = [redis.Endpoint], Prefix = "shop:" }) with
        {
            User = "guide",
            Password = "right-password"
        };
        await using var connection = RedisUnderTest.Start(config);
        await BecomesAsync(connection, "refuses the password");
        redis.Command("ACL SETUSER guide resetpass >right-password resetkeys -@all +@connection");
        await BecomesAsync(connection, "does not let its user");

        var documented =
            (await File.ReadAllLinesAsync(
                Repository.PathOf("docs", "fleet.md"),
                Cancel)).Single(static line => line.StartsWith("ACL SETUSER gateway on >PASSWORD ~gateway:* ", StringComparison.Ordinal));
        redis.Command(documented.Replace("gateway on >PASSWORD ~gateway:*", "guide ~shop:*", StringComparison.Ordinal));
        await BecomesUsedAsync(connection);
        Assert.Equal(
            "1"u8.ToArray(),
            (await connection.ScriptAsync(
                "redis.call('TIME') redis.call('SET', KEYS[1], ARGV[1]) return { redis.call('GET', KEYS[1]) }",
                ["shop:a"],
                ["1"u8.ToArray()],
                Cancel))[0]!);
    }

    [Fact]
    public async Task Sentinel_OverTls_NamesTheMaster()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/redis-sentinel"), "redis-sentinel is not installed.");
        var (redis, port) = await StartAsync("127.0.0.1", TimeSpan.FromDays(30));
        using var ending = redis;
        var sentinelPort = RedisServer.FreePort();
        await using var sentinel = TlsSentinel.Start(_folder, sentinelPort, port);
        await using var connection = RedisUnderTest.Start(Over("127.0.0.1", port) with
        {
            Endpoints = [],
            Sentinel = new("shop", [Endpoint("127.0.0.1", sentinelPort)])
        });
        await BecomesUsedAsync(connection);
    }

    public void Dispose() => _folder.Dispose();

    private static string Endpoint(string host, int port) => host + ":" + port.ToString(CultureInfo.InvariantCulture);

    private static Task BecomesAsync(RedisConnection connection, string words) =>
        Eventually.BeTrueAsync(
            () => connection.Alarm?.Contains(words, StringComparison.Ordinal) == true,
            Patience,
            $"the alarm says \"{words}\"");

    private static Task BecomesUsedAsync(RedisConnection connection) =>
        Eventually.BeTrueAsync(() => connection.IsUp && connection.Alarm is null, Patience, "it is used");

    private string PathOf(string file) => Path.Combine(_folder.Path, file);

    private RedisConfig Over(string host, int port) =>
        new() { Endpoints = [Endpoint(host, port)], Prefix = "shop:", Tls = true, Ca = PathOf("redis.pem") };

    // The server also listens in clear, for the test itself.
    private async Task<(RedisServer Server, int TlsPort)> StartAsync(string name, TimeSpan left, string? password = null)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/redis-server"), "redis-server is not installed.");
        Assert.SkipUnless(
            (await File.ReadAllBytesAsync("/usr/bin/redis-server", Cancel)).AsSpan().IndexOf("tls-cert-file"u8) >= 0,
            "redis-server is built without TLS.");
        var (certificate, key) = Certificates.Create(name, left, name);
        _folder.Write("redis.pem", certificate);
        _folder.Write("redis.key", key);
        var port = RedisServer.FreePort();
        string[] options =
        [
            .. password is null ? Array.Empty<string>() : ["--requirepass", password],
            "--tls-port", port.ToString(CultureInfo.InvariantCulture), "--tls-cert-file", PathOf("redis.pem"), "--tls-key-file",
            PathOf("redis.key"), "--tls-ca-cert-file", PathOf("redis.pem"), "--tls-auth-clients", "no",
        ];
        return (await RedisServer.StartAsync(RedisServer.FreePort(), options, password), port);
    }
}
