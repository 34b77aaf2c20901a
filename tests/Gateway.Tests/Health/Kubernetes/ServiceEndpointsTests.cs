using System.Globalization;
using System.Text.Json;
using Gateway.Configuration.Model;
using Gateway.Health.Kubernetes;
using Gateway.Health.Probing;
using Xunit;

namespace Gateway.Tests.Health.Kubernetes;

/// <summary>From EndpointSlices, as the API server writes them, to endpoints.</summary>
[Trait("kind", "unit")]
public sealed class ServiceEndpointsTests
{
    private const string Http = """ "ports": [ { "name": "http", "port": 8080, "protocol": "TCP" } ] """;

    /// <summary>What it is about, the port that is asked for, slices, and the endpoints that they come to.</summary>
    public static TheoryData<string, string?, string[], string> Cases => new()
    {
        { "no pods", "http", ["""{ "metadata": { "name": "s1" }, "addressType": "IPv4", "endpoints": [], "ports": [] }"""], "" },
        { "no lists at all", "http", ["""{ "metadata": null, "addressType": "IPv4", "endpoints": null, "ports": null }"""], "" },
        { "ready", "http", [Slice("IPv4", Pod("a", "10.0.0.1", "\"ready\": true"))], "a 10.0.0.1:8080" },
        { "ready is unknown, so it is ready", "http", [Slice("IPv4", Pod("a", "10.0.0.1", "\"ready\": null"))], "a 10.0.0.1:8080" },
        { "conditions are missing", "http", [Slice("IPv4", """{ "addresses": [ "10.0.0.1" ] }""")], "- 10.0.0.1:8080" },
        { "conditions are null", "http", [Slice("IPv4", """{ "addresses": [ "10.0.0.1" ], "conditions": null }""")], "- 10.0.0.1:8080" },
        { "not ready", "http", [Slice("IPv4", Pod("a", "10.0.0.1", "\"ready\": false, \"serving\": false"))], "" },
        { "not ready, though it serves", "http", [Slice("IPv4", Pod("a", "10.0.0.1", "\"ready\": false, \"serving\": true"))], "" },
        {
            "terminates and serves: after all others",
            "http",
            [Slice(
                "IPv4",
                Pod("a", "10.0.0.1", "\"ready\": false, \"serving\": true, \"terminating\": true"),
                Pod("b", "10.0.0.2", "\"ready\": true"))],
            "b 10.0.0.2:8080, a 10.0.0.1:8080 last"
        },
        {
            "terminates and does not serve",
            "http",
            [Slice("IPv4", Pod("a", "10.0.0.1", "\"ready\": false, \"serving\": false, \"terminating\": true"))],
            ""
        },
        {
            "terminates, ready without serving (before 1.22)",
            "http",
            [Slice("IPv4", Pod("a", "10.0.0.1", "\"ready\": true, \"terminating\": true"))],
            "a 10.0.0.1:8080 last"
        },
        {
            "several slices",
            "http",
            [Slice("IPv4", Pod("b", "10.0.0.2")), Slice("IPv4", Pod("a", "10.0.0.1"))],
            "a 10.0.0.1:8080, b 10.0.0.2:8080"
        },
        {
            "in two slices at once",
            "http",
            [
                Slice("IPv4", Pod("a", "10.0.0.1", "\"ready\": false, \"serving\": true, \"terminating\": true")),
                Slice("IPv4", Pod("a", "10.0.0.1"))
            ],
            "a 10.0.0.1:8080"
        },
        {
            "the same address twice, without a pod",
            "http",
            [Slice("IPv4", """{ "addresses": [ "10.0.0.1" ] }""", """{ "addresses": [ "10.0.0.1", "10.0.0.9" ] }""")],
            "- 10.0.0.1:8080"
        },
        {
            "dual stack: a pod is one destination",
            "http",
            [Slice("IPv6", Pod("a", "fd00::1"), Pod("b", "fd00::2")), Slice("IPv4", Pod("a", "10.0.0.1"))],
            "a 10.0.0.1:8080, b fd00::2:8080"
        },
        {
            "dual stack: IPv4 not ready yet",
            "http",
            [Slice("IPv6", Pod("a", "fd00::1")), Slice("IPv4", Pod("a", "10.0.0.1", "\"ready\": false"))],
            "a fd00::1:8080"
        },
        { "by the port's number", "8080", [Slice("IPv4", Pod("a", "10.0.0.1"))], "a 10.0.0.1:8080" },
        { "the only port", null, [Slice("IPv4", Pod("a", "10.0.0.1"))], "a 10.0.0.1:8080" },
        {
            "a port of another number in each slice",
            "http",
            [
                Slice("IPv4", Pod("a", "10.0.0.1")),
                """{ "endpoints": [ { "addresses": [ "10.0.0.2" ] } ], "ports": [ { "name": "http", "port": 9090 } ] }"""
            ],
            "- 10.0.0.2:9090, a 10.0.0.1:8080"
        },
        {
            "UDP of the same name is another port",
            "dns",
            ["""
                { "addressType": "IPv4", "endpoints": [ { "addresses": [ "10.0.0.1" ] } ],
                  "ports": [ { "name": "dns", "port": 53, "protocol": "UDP" }, { "name": "dns", "port": 54, "protocol": "TCP" } ] }
                """],
            "- 10.0.0.1:54"
        },
        {
            "rubbish between good ones",
            "http",
            [Slice(
                "IPv4",
                "null",
                "{}",
                """{ "addresses": null }""",
                """{ "addresses": [] }""",
                """{ "addresses": [ null ] }""",
                """{ "addresses": [ "no address" ] }""",
                """{ "addresses": [ "0.0.0.0" ] }""",
                """{ "addresses": [ "255.255.255.255" ] }""",
                """{ "addresses": [ "::" ] }""",
                """{ "addresses": [ "10.0.0.1" ], "targetRef": { "kind": "Pod", "name": "" } }""",
                """{ "addresses": [ "10.0.0.2" ], "targetRef": { "kind": "Node", "name": "n" }, "hints": null, "zone": "" }""")],
            "- 10.0.0.1:8080, - 10.0.0.2:8080"
        },
        { "a slice without a type", "http", [$$"""{ "endpoints": [ {{Pod("a", "10.0.0.1")}} ], {{Http}} }"""], "a 10.0.0.1:8080" },
        {
            "zones",
            "http",
            [Slice("IPv4", Pod("a", "10.0.0.1", zone: "eu-a"), Pod("b", "10.0.0.2"))],
            "a 10.0.0.1:8080 eu-a, b 10.0.0.2:8080"
        },
        {
            "hints for all: they say the zone",
            "http",
            [Slice("IPv4", Hinted("a", "10.0.0.1", "eu-a", "eu-b"), Hinted("b", "10.0.0.2", "eu-b", "eu-b"))],
            "a 10.0.0.1:8080 eu-b, b 10.0.0.2:8080 eu-b"
        },
        {
            "hints for its own zone and another",
            "http",
            [Slice("IPv4", Hinted("a", "10.0.0.1", "eu-b", "eu-a", "eu-b"))],
            "a 10.0.0.1:8080 eu-b"
        },
        {
            "hints for some: none counts",
            "http",
            [Slice("IPv4", Hinted("a", "10.0.0.1", "eu-a", "eu-b"), Pod("b", "10.0.0.2", zone: "eu-c"))],
            "a 10.0.0.1:8080 eu-a, b 10.0.0.2:8080 eu-c"
        },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Of_Slices_GivesEndpoints(string what, string? port, string[] slices, string expected)
    {
        var resolved = Of(port, slices);

        Assert.Equal((what, expected), (what, Text(resolved)));
        Assert.Null(resolved.Problem);
        Assert.True(resolved.IsCertain);
        Assert.All(resolved.Endpoints, static e => Assert.Equal("guide.shop.svc", e.Host));
    }

    /// <summary>The port that is asked for, slices, and what is wrong.</summary>
    public static TheoryData<string?, string[], string> Problems => new()
    {
        {
            "http",
            [],
            "There is no EndpointSlice of a Service 'guide' in namespace 'shop'. Check both names, and that the Service has a selector or "
                + "slices of its own"
        },
        {
            "web",
            [Slice("IPv4", Pod("a", "10.0.0.1"))],
            "Service 'guide' in namespace 'shop' has no TCP port 'web'. Write the name of one, or the number that its pods listen at: "
                + "http (8080)"
        },
        {
            "80",
            [Slice("IPv4", Pod("a", "10.0.0.1"))],
            "Service 'guide' in namespace 'shop' has no TCP port '80'. Write the name of one, or the number that its pods listen at: "
                + "http (8080)"
        },
        {
            null,
            ["""
                { "addressType": "IPv4", "endpoints": [ { "addresses": [ "10.0.0.1" ] } ],
                  "ports": [ { "name": "http", "port": 8080 }, { "name": "metrics", "port": 9090 }, { "port": null }, null ] }
                """],
            "Service 'guide' in namespace 'shop' has several ports. Write one of them behind a colon: http (8080), metrics (9090)"
        },
        {
            "http",
            [
                """
                { "addressType": "IPv4", "endpoints": [], "ports": [ { "name": "a\u001b[2J", "port": 9090 } ] }
                """],
            "Service 'guide' in namespace 'shop' has no TCP port 'http'. Write the name of one, or the number that its pods listen at: "
                + "a [2J (9090)"
        },
        {
            "http",
            [Slice("FQDN", """{ "addresses": [ "guide.example" ] }""")],
            "The EndpointSlices of Service 'guide' in namespace 'shop' hold names (FQDN), not addresses. Write dns+http://NAME:PORT for "
                + "them"
        },
    };

    [Theory]
    [MemberData(nameof(Problems))]
    public void Of_NothingUsable_SaysWhatToWrite(string? port, string[] slices, string problem)
    {
        var resolved = Of(port, slices);

        Assert.Empty(resolved.Endpoints);
        Assert.Equal(problem, resolved.Problem);

        // The API server said so: endpoints that were known are gone.
        Assert.True(resolved.IsCertain);
    }

    /// <summary>Endpoints that are there, and those that are used.</summary>
    [Theory]
    [InlineData(999, 999)]
    [InlineData(1000, 1000)]
    [InlineData(1001, 1000)]
    [InlineData(5000, 1000)]
    public void Of_VeryMany_UsesAsManyAsItCanProbe(int there, int used)
    {
        string[] slices =
        [
            .. Enumerable.Range(0, there)
                .Chunk(100)
                .Select(static chunk => Slice("IPv4", [.. chunk.Select(static i => Pod($"p{i:0000}", $"10.1.{i / 250}.{i % 250}"))]))
        ];

        var resolved = Of("http", slices);

        Assert.Equal(used, resolved.Endpoints.Count);
        Assert.Equal(there == used, resolved.Problem is null);
        Assert.Equal(used, resolved.Endpoints.Select(static e => e.Address).Distinct().Count());

        // The same whatever the order of slices: no destination comes and goes.
        Assert.Equal(resolved.Endpoints, Of("http", [.. slices.Reverse()]).Endpoints);
    }

    internal static string Text(ResolvedName resolved) => string.Join(
        ", ",
        resolved.Endpoints.Select(static e => string.Create(
            CultureInfo.InvariantCulture,
            $"{e.Name ?? "-"} {e.Address}:{e.Port}{(e.Zone is null ? "" : $" {e.Zone}")}{(e.Priority > 0 ? " last" : "")}")));

    private static ResolvedName Of(string? port, string[] slices) => ServiceEndpoints.Of(
        new KubernetesServiceName("guide", "shop", port),
        "shop",
        [.. JsonSerializer.Deserialize(
            $$"""{ "metadata": { "resourceVersion": "1" }, "items": [ {{string.Join(',', slices)}} ] }""",
            KubernetesJson.Default.EndpointSliceList)!.Items!.OfType<EndpointSlice>()]);

    private static string Slice(string type, params string[] endpoints) =>
        $$"""{ "metadata": { "name": "s" }, "addressType": "{{type}}", "endpoints": [ {{string.Join(',', endpoints)}} ], {{Http}} }""";

    private static string Pod(string name, string address, string conditions = "\"ready\": true", string? zone = null) => $$"""
        { "addresses": [ "{{address}}" ], "conditions": { {{conditions}} }, "nodeName": "n",
          "targetRef": { "kind": "Pod", "name": "{{name}}", "uid": "u" } {{(zone is null ? "" : $", \"zone\": \"{zone}\"")}} }
        """;

    private static string Hinted(string name, string address, string zone, params string[] zones) => $$"""
        { "addresses": [ "{{address}}" ], "conditions": { "ready": true }, "zone": "{{zone}}",
          "targetRef": { "kind": "Pod", "name": "{{name}}" },
          "hints": { "forZones": [ {{string.Join(',', zones.Select(static z => $"{{ \"name\": \"{z}\" }}"))}} ] } }
        """;
}
