using System.Collections.Immutable;
using System.Threading.Channels;
using Gateway.Configuration.Model;
using Gateway.Consensus;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Signals;

namespace Gateway.Failover;

/// <summary>
/// The one bounded channel into the failover loop. Evidence and ticks that do not fit are dropped; what a caller waits for is not.
/// </summary>
internal sealed class FailoverInbox
{
    private const int Length = 8192;
    private static readonly object Tick = new();

    private readonly Channel<FailoverMessage> _messages = Channel.CreateBounded<FailoverMessage>(new BoundedChannelOptions(Length)
    {
        SingleReader = true,
        FullMode = BoundedChannelFullMode.Wait
    });
    private long _dropped;

    /// <summary>For the loop alone.</summary>
    public ChannelReader<FailoverMessage> Reader => _messages.Reader;

    /// <summary>Evidence that was dropped because the loop was behind.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Wakes the loop; does nothing while other messages wait for it.</summary>
    public void Wake() => _messages.Writer.TryWrite(new FailoverMessage(Tick));

    /// <summary>Takes what an attempt showed. Never waits; false: dropped and counted.</summary>
    public bool Report(in Evidence evidence)
    {
        if (_messages.Writer.TryWrite(new FailoverMessage(null, evidence)))
        {
            return true;
        }

        // A half-open probe whose outcome is lost must not be waited for.
        if (evidence.HalfOpen)
        {
            evidence.Destination.ReturnHalfOpenPermit();
        }

        Interlocked.Increment(ref _dropped);
        return false;
    }

    /// <summary>What a signal says. Never waits: what does not fit comes again with the next reading.</summary>
    public void Report(SignalReading reading) => _messages.Writer.TryWrite(new FailoverMessage(new SignalMessage(reading)));

    /// <summary>Completes once the configuration is in force.</summary>
    public async Task ApplyAsync(GatewayConfig config, CancellationToken cancellationToken)
    {
        var message = new ApplyMessage(config);
        await _messages.Writer.WriteAsync(new FailoverMessage(message), cancellationToken).ConfigureAwait(false);
        await message.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Completes once the command is carried out, or refused.</summary>
    public async Task<CommandResult> CommandAsync(Command command, CancellationToken cancellationToken)
    {
        var message = new CommandMessage(command);
        try
        {
            await _messages.Writer.WriteAsync(new FailoverMessage(message), cancellationToken).ConfigureAwait(false);
            return await message.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            return new CommandResult(Done: false, "The gateway is stopping and takes no commands.");
        }
    }

    /// <summary>What the fleet decided. Never waits: what does not fit comes again with the next exchange.</summary>
    public void Guide(ImmutableDictionary<string, FleetGuidance> guidance) =>
        _messages.Writer.TryWrite(new FailoverMessage(new GuideMessage(guidance)));

    /// <summary>A probe's result. Waits for room; throws nothing once the loop stops.</summary>
    public ValueTask ReportProbeAsync(DestinationWatch watch, int round, ProbeResult result, CancellationToken stopping) =>
        WriteAsync(new ProbeMessage(watch, round, result), stopping);

    /// <summary>What a name stands for. Waits for room; throws nothing once the loop stops.</summary>
    public ValueTask ReportNameAsync(DnsName name, ResolvedName resolved, CancellationToken stopping) =>
        WriteAsync(new NameMessage(name, resolved), stopping);

    /// <summary>Nothing more comes in.</summary>
    public void Close() => _messages.Writer.TryComplete();

    private async ValueTask WriteAsync(object payload, CancellationToken stopping)
    {
        try
        {
            await _messages.Writer.WriteAsync(new FailoverMessage(payload), stopping).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ChannelClosedException or OperationCanceledException)
        {
            // Stopping: the result is not needed.
        }
    }
}
