using System.Collections.Concurrent;

namespace Gateway.LastGood.Stores;

/// <summary>A thread of its own for work that blocks (disks), so that no thread of requests ever waits for one.</summary>
internal sealed class DedicatedThreadQueue : IDisposable
{
    private readonly BlockingCollection<Action> _work = new(boundedCapacity: 64);

    public DedicatedThreadQueue(string name)
    {
        var thread = new Thread(Run) { IsBackground = true, Name = name };
        thread.Start();
    }

    /// <summary>Runs work there.</summary>
    public Task RunAsync(Action work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                work();
                done.SetResult();
            }
            catch (Exception exception)
            {
                // Handed to the awaiting caller.
                done.SetException(exception);
            }
        });
        return done.Task;
    }

    /// <summary>Ends the thread after the work that waits.</summary>
    public void Dispose() => _work.CompleteAdding();

    private void Run()
    {
        foreach (var work in _work.GetConsumingEnumerable())
        {
            work();
        }

        _work.Dispose();
    }
}
