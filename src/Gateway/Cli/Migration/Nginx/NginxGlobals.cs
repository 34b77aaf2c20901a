namespace Gateway.Cli.Migration.Nginx;

/// <summary>What holds for all of nginx and for all of the gateway.</summary>
internal static class NginxGlobals
{
    /// <summary>Sets the keys at the top of the file.</summary>
    public static void Run(Draft draft, NginxScope http)
    {
        if (http.Find("client_max_body_size") is { } body && NginxValues.Size(body.First) is { } size)
        {
            draft.Limits["requestBody"] = size;
        }

        if (http.Find("client_header_timeout") is { } header
            && NginxValues.Time(header.First) is { TotalMilliseconds: >= 100, TotalMinutes: <= 10 } time)
        {
            draft.Limits["headersTimeout"] = Configuration.Values.DurationText.Format(time);
        }

        if (http.Find("gzip") is { First: "on" })
        {
            draft.Compression = CompressionOf(http);
        }

        foreach (var from in Everywhere(http.Block).Where(static one => one.Name is "set_real_ip_from"))
        {
            if (NginxValues.Network(from.First) is { } network)
            {
                draft.TrustedProxies.Add(network);
            }
            else
            {
                draft.Note(from.At, from.ToString(), "Only networks can be trusted", "Write the network under trustedProxies");
            }
        }
    }

    /// <summary>The value of <c>compression</c> where gzip is on.</summary>
    public static string CompressionOf(NginxScope scope)
    {
        var keys = new List<KeyValuePair<string, string>> { new("codings", "[ gzip ]") };
        if (scope.Find("gzip_min_length") is { } least && NginxValues.Size(least.First) is { } size && least.First is not "0")
        {
            keys.Add(new("minSize", size));
        }

        if (scope.Find("gzip_types") is { } types && !types.Arguments.Contains("*", StringComparer.Ordinal))
        {
            keys.Add(new("types", Flow.List(types.Arguments.Prepend("text/html").Distinct(StringComparer.OrdinalIgnoreCase).Take(100))));
        }

        return Flow.Raw(keys);
    }

    private static IEnumerable<NginxDirective> Everywhere(NginxDirective block) =>
        block.Inside.SelectMany(static one => Everywhere(one).Prepend(one));
}
