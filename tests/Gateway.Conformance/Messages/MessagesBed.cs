using Gateway.Conformance.Hostile;
using Gateway.Conformance.Support;
using Xunit;

namespace Gateway.Conformance.Messages;

/// <summary>One gateway before one recording destination for a whole table of requests.</summary>
public sealed class MessagesBed : IAsyncLifetime
{
    private HostileBed? _bed;

    /// <summary>The gateway and the recorder; skips the test where node is missing.</summary>
    internal HostileBed Bed
    {
        get
        {
            Tools.Need("node");
            return _bed!;
        }
    }

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        if (Tools.Find("node") is not null)
        {
            _bed = await HostileBed.StartAsync();
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _bed?.DisposeAsync() ?? ValueTask.CompletedTask;
}
