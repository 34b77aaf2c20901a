using System.Globalization;
using System.Text;

namespace Gateway.Drills.Processes;

/// <summary>Writes the configuration and the prepared responses of a test bed.</summary>
internal static class TestBedConfig
{
    /// <summary>A text that stands in every prepared response, and in no guide's response.</summary>
    public const string StaticMarker = "prepared-response";

    /// <summary>The configuration before overrides: the contract's defaults, all routes that drills use.</summary>
    public static GatewayYaml Create(int port, int adminPort, string folder, IEnumerable<string> primaries, IEnumerable<string> standbys)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            version: 1
            listen: [ {"{"} url: "http://127.0.0.1:{port}" {"}"} ]
            admin: {"{"} url: "http://127.0.0.1:{adminPort}" {"}"}
            state: "{folder}/state"
            staticFallback: "{folder}/static"
            warmUp: ${"{"}GATEWAY_WARM_UP:-3s{"}"}
            clusters:
              ai-guide:
                tiers:
                  - name: primary
                    destinations: [ {Destinations(primaries)} ]

            """);
        if (standbys.Any())
        {
            text.Append(CultureInfo.InvariantCulture, $"""
                      - name: standby
                        destinations: [ {Destinations(standbys)} ]

                """);
        }

        text.Append("""
            routes:
              recommend:
                match: { path: /api/guide/recommend, methods: [GET] }
                cluster: ai-guide
                level: high
                lastGood: { key: [path, query], maxAge: 1h }
                fallback: [ lastGood, { file: recommend.json }, builtIn ]
              pages:
                match: { path: "/guide/{**rest}" }
                cluster: ai-guide
                level: medium
                lastGood: {}
                fallback: [ lastGood, { file: guide-offline.html, status: 503, retryAfter: 30s } ]
              chat:
                match: { path: /api/guide/chat }
                cluster: ai-guide
                level: high
                stream: { }
                fallback: [ { file: chat-offline.sse } ]
              trending:
                match: { path: "/api/guide/trending/{category}" }
                cluster: ai-guide
                level: low
                lastGood: { key: [path] }
                fallback: [ lastGood, { file: trending/any.json } ]
              everything-else:
                match: { path: "/{**rest}" }
                cluster: ai-guide
                level: medium

            """);
        return GatewayYaml.Parse(text.ToString());
    }

    /// <summary>Writes the files that the fallback chains name.</summary>
    public static void WriteStaticFiles(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "trending"));
        var json = $"{{\"items\":[],\"note\":\"{StaticMarker}\"}}\n";
        File.WriteAllText(Path.Combine(folder, "recommend.json"), json);
        File.WriteAllText(Path.Combine(folder, "trending", "any.json"), json);
        File.WriteAllText(Path.Combine(folder, "guide-offline.html"), $"<!doctype html><title>{StaticMarker}</title>\n");
        File.WriteAllText(Path.Combine(folder, "chat-offline.sse"), $"retry: 5000\n\ndata: {StaticMarker}\n\n");
    }

    private static string Destinations(IEnumerable<string> urls) => string.Join(", ", urls.Select(url => $"\"{url}\""));
}
