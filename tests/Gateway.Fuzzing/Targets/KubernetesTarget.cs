using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Gateway.Configuration.Model;
using Gateway.Fuzzing.Engine;
using Gateway.Health.Kubernetes;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// A watch of EndpointSlices: a line that is no event ends it by an error that is told, and what its slices stand for is bounded, with
/// ports that are ports.
/// </summary>
internal sealed class KubernetesTarget : IFuzzTarget
{
    private static readonly KubernetesServiceName[] Services = [new("guide", "shop", null), new("guide", null, "http"), new("guide", null,
        "8080")];

    private static readonly string[] Texts =
    [
        "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"1\"},\"addressType\":\"IPv4\","
        + "\"endpoints\":[{\"addresses\":"
        + "[\"10.0.0.1\"],\"conditions\":{\"ready\":true},\"targetRef\":{\"kind\":\"Pod\",\"name\":\"p\"},"
        + "\"zone\":\"z\",\"hints\":{\"forZones\":[{\"name\":\"z\"}]}}],"
        + "\"ports\":[{\"name\":\"http\",\"port\":8080,\"protocol\":\"TCP\"}]}}\n",
        "{\"type\":\"MODIFIED\",\"object\":{\"addressType\":\"IPv6\",\"endpoints\":"
        + "[{\"addresses\":[\"::1\"],\"conditions\":{\"serving\":true,\"terminating\":true}},null],"
        + "\"ports\":[{\"port\":8080},{\"port\":null},null]}}\n"
        + "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\"}}}\n",
        "{\"type\":\"ERROR\",\"object\":{\"code\":410,\"message\":\"gone\"}}\n",
        "{\"type\":\"ADDED\",\"object\":{\"addressType\":\"FQDN\"}}\n",
    ];

    /// <inheritdoc/>
    public string Name => "kubernetes";

    /// <inheritdoc/>
    public int MostBytes => 4096;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds => Texts.Select(Encoding.UTF8.GetBytes);

    /// <inheritdoc/>
    public IEnumerable<string> Words =>
    [
        "{", "}", "[", "]", "null", "[null]", ",", "\n", "\"type\":\"ADDED\"", "\"object\":", "\"endpoints\":",
        "\"addresses\":[\"10.0.0.1\"]", "\"ports\":",
        "\"port\":0", "\"port\":65536", "\"port\":-1", "\"protocol\":\"UDP\"", "\"conditions\":{}", "\"ready\":false", "\"\"", "\\ud800",
        "\\u0007", "1e400", "\"::1%eth0\"",
    ];

    /// <inheritdoc/>
    public long MemoryFor(int length) => 1024 * 1024 + (800L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        var slices = new List<EndpointSlice>();
        var reader = PipeReader.Create(new ReadOnlySequence<byte>(input));
        try
        {
            var reading = WatchStream.ReadAsync(
                reader,
                (change, _) =>
                {
                    if (change.Object is { } slice)
                    {
                        slices.Add(slice);
                    }

                    return ValueTask.CompletedTask;
                },
                CancellationToken.None);
            Invariant.Holds(reading.IsCompleted, "nothing is waited for");
            reading.GetAwaiter().GetResult();
        }
        catch (Exception documented) when (documented is JsonException or KubernetesException)
        {
            // The watch begins again.
        }

        foreach (var service in Services)
        {
            var resolved = ServiceEndpoints.Of(service, "shop", slices);
            Invariant.Holds(resolved.Endpoints.Count <= ServiceEndpoints.Most, "endpoints are bounded");
            Invariant.Holds(resolved.Endpoints.All(static endpoint => endpoint.Port is null or (> 0 and < 65536)), "a port is one");
            Invariant.Printable(resolved.Problem, "a problem is printable");
        }
    }
}
