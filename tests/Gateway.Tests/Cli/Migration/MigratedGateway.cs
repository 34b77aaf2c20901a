using System.Text.RegularExpressions;
using Gateway.Cli;
using Gateway.Cli.Migration;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Tests.Cli.Migration;

/// <summary>A gateway that runs with what a migration has written, on a free port.</summary>
internal static partial class MigratedGateway
{
    /// <summary>Starts it.</summary>
    /// <param name="kind">The other proxy.</param>
    /// <param name="text">Its configuration.</param>
    public static Task<InProcessGateway> StartAsync(string kind, string text)
    {
        var yaml = MigrateCommand.Run(kind, text, "site.conf", MigrationFiles.None).Yaml;
        var listen = Listen().Replace(
            yaml,
            "listen:\n  - url: http://127.0.0.1:0\nadmin: { url: \"http://127.0.0.1:0\" }\nstate: FOLDER/state\nstaticFallback: "
                + "FOLDER/static\n",
            1);
        return InProcessGateway.StartAsync(listen);
    }

    /// <summary>
    /// A destination that responds with its name, the target, and the values of the named headers that it was asked with.
    /// </summary>
    public static Task<KestrelUpstream> UpstreamAsync(string name, params string[] headers) => KestrelUpstream.StartAsync(
        context => context.Response.WriteAsync(string.Join(' ', headers.Select(header => context.Request.Headers[header].ToString())
            .Prepend(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget)
            .Prepend(name)).TrimEnd()),
        HttpProtocols.Http1);

    /// <summary>Status, place and body of a response, as far as two proxies have to agree on them.</summary>
    public static async Task<string> AskAsync(HttpClient client, Uri proxy, string method, string host, string target, string headers = "")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(proxy, target));
        request.Headers.Host = host;
        foreach (var line in headers.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            request.Headers.TryAddWithoutValidation(line.Split(": ")[0], line.Split(": ")[1]);
        }

        using var response = await client.SendAsync(request);
        var status = (int)response.StatusCode;
        return status switch
        {
            >= 300 and < 400 => $"{status} {response.Headers.Location?.OriginalString}",
            >= 400 => $"{status}",
            _ => $"{status} {await response.Content.ReadAsStringAsync()}",
        };
    }

    [GeneratedRegex(@"listen:\n(?:[ #].*\n)+(?:admin: .*\n)?", RegexOptions.NonBacktracking)]
    private static partial Regex Listen();
}
