using System.Globalization;

namespace Gateway.Drills.Processes;

/// <summary>
/// Several gateways before the guides of one test bed: the same configuration, each with its own ports and
/// state. Dispose it before the bed.
/// </summary>
internal sealed class Siblings(TestBed bed) : IAsyncDisposable
{
    private readonly List<GatewayProcess> _gateways = [];

    /// <summary>In the order in which they were added, those that have ended too.</summary>
    public IReadOnlyList<GatewayProcess> Gateways => _gateways;

    /// <summary>Starts so many, at once, and waits until each is ready.</summary>
    /// <param name="bed">Whose guides and configuration they use; its own gateway need not run.</param>
    /// <param name="count">How many.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<Siblings> StartAsync(TestBed bed, int count, CancellationToken cancel = default)
    {
        var siblings = new Siblings(bed);
        try
        {
            await Task.WhenAll([.. Enumerable.Range(0, count).Select(_ => siblings.Add().StartAsync(cancel))]);
            return siblings;
        }
        catch
        {
            await siblings.DisposeAsync();
            throw;
        }
    }

    /// <summary>Describes one more; it is not started yet.</summary>
    /// <param name="before">See <see cref="GatewayProcess.Create"/>.</param>
    /// <param name="port">Its public listener; null: a free one.</param>
    public GatewayProcess Add(IReadOnlyList<string>? before = null, int? port = null)
    {
        var number = (_gateways.Count + 1).ToString(CultureInfo.InvariantCulture);
        var (users, operators) = (port ?? FreePorts.Next(), FreePorts.Next());
        var file = Path.Combine(bed.Folder, $"sibling-{number}.yaml");
        File.WriteAllText(file, GatewayYaml.Parse(bed.Config.ToString())
            .Set("listen", $"[ {{ url: \"http://127.0.0.1:{users.ToString(CultureInfo.InvariantCulture)}\" }} ]")
            .Set("admin", $"{{ url: \"http://127.0.0.1:{operators.ToString(CultureInfo.InvariantCulture)}\" }}")
            .Set("state", $"\"{bed.Folder}/state-{number}\"")
            .ToString());
        var gateway = GatewayProcess.Create(file, users, operators, before: before);
        _gateways.Add(gateway);
        return gateway;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }
    }
}
