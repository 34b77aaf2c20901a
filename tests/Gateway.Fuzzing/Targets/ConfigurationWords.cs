namespace Gateway.Fuzzing.Targets;

/// <summary>Words of configuration files.</summary>
internal static class ConfigurationWords
{
    /// <summary>YAML's own.</summary>
    public static string[] Syntax { get; } =
    [
        "\n", "\n  ", "\n    ", "\n      ", "\n- ", ": ", "- ", "{ ", " }", "[", "]", ", ", "\"", "'", "|\n", ">\n", "&a ", "*a", "!t ",
        "? ", "---\n",
        "...\n", "#", "~", "null", "\t", "<<: *a", "\\", "${NAME}", "${PORT}", "${EMPTY:-x}", "${", "\u00ef\u00bb\u00bf", "\u00c2\u0085",
        "\u00e2\u0080\u00a8",
    ];

    /// <summary>The gateway's.</summary>
    public static string[] Keys { get; } =
    [
        "version: 1\n", "listen:", "url:", "clusters:", "tiers:", "name:", "destinations:", "routes:", "path:", "cluster:", "host:",
        "hosts:", "methods:",
        "match:", "headers:", "query:", "rewrite:", "stripPrefix:", "prefix:", "redirect:", "cors:", "access:", "rateLimit:", "limits:",
        "timeouts:",
        "attempts:", "max:", "total:", "hedge:", "retryOn:", "lastGood:", "key:", "maxAge:", "fallback:", "file:", "builtIn:", "probe:",
        "every:", "expectJson:",
        "passive:", "failover:", "failback:", "ramp:", "after:", "mode:", "redis:", "endpoints:", "sentinel:", "admin:", "token:",
        "tokens:", "notify:",
        "events:", "runbooks:", "signals:", "metrics:", "when:", "log:", "pattern:", "then:", "alert:", "deepProbe:", "tls:",
        "certificate:", "acme:",
        "telemetry:", "levels:", "level:", "mirror:", "affinity:", "balance:", "weight:", "zone:", "compression:", "slo:", "warmUp:",
        "drain:", "reload:",
        "canary:", "include:", "queue:", "stream:", "heartbeat:", "firstContent:", "proxyProtocol:", "trustedProxies:",
    ];

    /// <summary>Values.</summary>
    public static string[] Values { get; } =
    [
        "1s", "0s", "15m", "9999999999h", "1ms", "-1s", "1 KiB", "9223372036854775807 GiB", "1%", "101%", "true", "false", "high", "low",
        "manual", "automatic",
        "http://127.0.0.1:1", "https://[::1]:443/", "http://a:65536", "unix:/a", "kubernetes://a.b:c", "srv://a", "/{**rest}",
        "/{a}/{b:int}", "/{a:regex(^[a]+$)}",
        "/{", "{path}", "{client}", "*.example.org", "10.0.0.0/8", "::/0", "GET", "CONNECT", "cpu > 0.9 for 15s", "rate(a[1m]) > 5",
        "quantile(0.99, a[1m]) > 0.5",
        "(a+)+$", "[", "(?<destination>a)", "$.a[0]", "5xx", "2026-01-01", "0x10", "1e400", ".nan", "/dev/zero", "/dev/null", ".", "..",
    ];
}
