namespace Gateway.Cli.Migration;

/// <summary>A public listener.</summary>
/// <param name="url">Its URL.</param>
/// <param name="at">What it was made of.</param>
internal sealed class DraftListen(string url, SourcePlace at) : DraftItem(url, at)
{
    /// <summary>The certificate and its key; null: none.</summary>
    public (string File, string Key)? Certificate { get; set; }

    /// <summary>Each connection begins with a PROXY protocol header.</summary>
    public bool ProxyProtocol { get; set; }

    public override IEnumerable<(string Key, string Value)> Keys()
    {
        yield return ("url", Flow.Text(Name));
        if (Certificate is { } pair)
        {
            yield return ("certificate", Flow.Map([new("file", pair.File), new("key", pair.Key)]));
        }

        if (ProxyProtocol)
        {
            yield return ("proxyProtocol", "true");
        }
    }
}
