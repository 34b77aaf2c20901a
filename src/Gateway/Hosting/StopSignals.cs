using System.Runtime.InteropServices;

namespace Gateway.Hosting;

/// <summary>SIGTERM and SIGINT: the first one asks to stop, a second one not to wait any longer.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly TaskCompletionSource<PosixSignal> _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _hurry = new();
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
    ];

    /// <summary>Which signal asked to stop, once one did.</summary>
    public Task<PosixSignal> Asked => _asked.Task;

    /// <summary>Is cancelled by the second signal.</summary>
    public CancellationToken ForceShutdown => _hurry.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _hurry.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!_asked.TrySetResult(context.Signal))
        {
            _hurry.Cancel();
        }
    }
}
