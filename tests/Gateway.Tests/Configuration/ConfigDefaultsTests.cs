using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Configuration.Keys;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Configuration;

/// <summary>Every default that the schema and the reference name is what leaving the key out means.</summary>
[Trait("kind", "unit")]
public sealed class ConfigDefaultsTests
{
    // One of every mapping, so that each key has a place to stand.
    private const string Everything = """
        {
          "version": 1,
          "listen": [ { "url": "https://127.0.0.1:8080", "certificate": { "file": "STATIC/shop.pem", "key": "STATIC/shop.key" }, "clientCertificates": { "ca": "STATIC/shop.pem" } } ],
          "admin": { "tokens": [ { "name": "ann", "token": "a-token" } ] }, "limits": {}, "levels": { "high": {}, "medium": {}, "low": {} },
          "clusters": { "NAME": {
            "tiers": [ { "name": "primary", "destinations": [ { "url": "http://127.0.0.1:9001" } ] }, { "name": "standby", "destinations": [ { "url": "http://127.0.0.1:9002" } ] } ],
            "affinity": { "header": "X-A" }, "queue": {}, "probe": { "expect": {} }, "passive": {}, "failover": {}, "failback": {}, "attempts": {}, "timeouts": {}, "tls": {} } },
          "routes": { "NAME": { "match": { "path": "/" }, "cluster": "NAME", "lastGood": {}, "stream": {}, "slo": {}, "fallback": [ { "file": "a.json" } ],
            "cors": { "origins": [ "https://a.example" ] }, "rateLimit": { "rate": "1/s" }, "compression": {} } },
          "compression": {},
          "redis": { "endpoints": [ "127.0.0.1:6379" ] },
          "notify": [ { "webhook": "http://127.0.0.1:1/x", "events": [ "drill" ] } ],
          "runbooks": [ { "name": "restart", "when": { "destination": "down" }, "limits": {}, "do": [ { "http": "http://127.0.0.1:1/x" } ] } ],
          "drills": { "schedule": [ { "name": "standby-serves", "cluster": "NAME", "window": "09:00-11:00" } ] },
          "telemetry": { "logs": {}, "access": {} },
          "staticFallback": "STATIC"
        }
        """;

    public static TheoryData<string, string> Defaults()
    {
        var data = new TheoryData<string, string>();
        Add(GatewayKeys.Root, []);
        return data;

        void Add(Schema shape, string[] path)
        {
            foreach (var key in shape.Keys)
            {
                string[] here = [.. path, key.Name];
                if (key.Default is { } text && here is not ["staticFallback"])
                {
                    data.Add(string.Join('/', here), text);
                }

                string[] below = key.Schema.What.StartsWith("a list", StringComparison.Ordinal)
                    ? [.. here, "0"]
                    : key.Schema.What.StartsWith("a mapping of names", StringComparison.Ordinal) ? [.. here, "NAME"]
                    : here;
                Add(key.Schema, below);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Defaults))]
    public void Default_Written_IsTheSameAsLeftOut(string path, string byDefault)
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.json", "{}");
        var shop = Certificates.Create("shop.example");
        folder.Write("shop.pem", shop.Certificate);
        folder.Write("shop.key", shop.Key);
        var without = JsonNode.Parse(Everything.Replace("STATIC", folder.Path, StringComparison.Ordinal))!;
        if (path.StartsWith("routes/NAME/redirect/", StringComparison.Ordinal))
        {
            // Such a route has no cluster, and nothing of one.
            without["routes"]!["NAME"] = JsonNode.Parse("""{ "match": { "path": "/" }, "redirect": { "to": "/a" } }""");
        }

        if (path.StartsWith("admin/clientCertificates/", StringComparison.Ordinal))
        {
            // Only over TLS.
            without["admin"] = JsonNode.Parse("""
                {
                  "url": "https://127.0.0.1:8081", "certificate": { "file": "STATIC/shop.pem", "key": "STATIC/shop.key" },
                  "clientCertificates": { "ca": "STATIC/shop.pem", "operators": [ { "name": "ann", "identity": "ann" } ] }
                }
                """.Replace("STATIC", folder.Path, StringComparison.Ordinal));
        }

        if (path.StartsWith("clusters/NAME/signals/0/", StringComparison.Ordinal))
        {
            // What belongs to one source stands beside no other.
            without["clusters"]!["NAME"]!["signals"] = JsonNode.Parse(path.Split('/')[^1] switch
            {
                _ when path.Contains("/deepProbe/", StringComparison.Ordinal) =>
                    """[ { "name": "a", "then": "suspect", "deepProbe": { "path": "/chat", "expect": {} } } ]""",
                "every" => """[ { "name": "a", "then": "suspect", "metrics": "/m", "when": "a > 1" } ]""",
                "labels" => """[ { "name": "a", "then": "suspect", "alert": "A" } ]""",
                _ => """[ { "name": "a", "then": "suspect", "log": "/tmp/a.log", "pattern": "x" } ]""",
            });
        }

        var (parent, key) = Find(without, path);
        parent.Remove(key);
        var with = without.DeepClone();
        Find(with, path).Parent[key] = "@@";

        var (expected, actual) =
            (Printed(without.ToJsonString()), Printed(with.ToJsonString().Replace("\"@@\"", byDefault, StringComparison.Ordinal)));

        Assert.Equal(expected, actual);
    }

    private static (JsonObject Parent, string Key) Find(JsonNode root, string path)
    {
        var parts = path.Split('/');
        var at = root;
        foreach (var part in parts[..^1])
        {
            at = at is JsonArray list ? list[int.Parse(part)]! : at[part]!;
        }

        return ((JsonObject)at, parts[^1]);
    }

    private static string Printed(string text)
    {
        var result = ConfigLoaderTests.Judge(text);
        Assert.Empty(result.Problems);
        return JsonSerializer.Serialize(result.Config) + JsonSerializer.Serialize(result.Config!.Routes[0].Fallback.Cast<object>());
    }
}
