namespace Gateway.Notifications.Runbooks;

/// <summary>What belongs to one run outside of its decisions: its lease, and the step under way.</summary>
internal sealed class RunbookRunHandle : IDisposable
{
    private readonly CancellationTokenSource _over = new();

    /// <summary>Cancelled when the run is over.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>The step under way.</summary>
    public Task Step { get; set; } = Task.CompletedTask;

    /// <summary>Renews the lease.</summary>
    public Task Keeping { get; set; } = Task.CompletedTask;

    /// <summary>The run is over.</summary>
    public Task CancelAsync() => _over.CancelAsync();

    /// <inheritdoc/>
    public void Dispose() => _over.Dispose();
}
