namespace Gateway.Failover;

/// <summary>Tasks that the failover loop began and does not wait for before it stops. Only the loop touches it.</summary>
internal sealed class PendingTasks
{
    private readonly List<Task> _tasks = [];

    /// <summary>One more.</summary>
    public void Add(Task task) => _tasks.Add(task);

    /// <summary>Drops those that are over; one that failed stays, so that its failure is seen at the stop.</summary>
    public void Sweep() => _tasks.RemoveAll(static task => task.IsCompletedSuccessfully);

    /// <summary>Completes once all are over.</summary>
    public Task WhenAll() => Task.WhenAll(_tasks);
}
