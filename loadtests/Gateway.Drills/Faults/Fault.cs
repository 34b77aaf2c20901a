using Gateway.Drills.Processes;

namespace Gateway.Drills.Faults;

/// <summary>Something that can be broken in a test bed and repaired again.</summary>
internal abstract class Fault
{
    /// <summary>Breaks it.</summary>
    public abstract Task BreakAsync(TestBed bed);

    /// <summary>Recovers it; completes when the broken part works again.</summary>
    public abstract Task RecoverAsync(TestBed bed);

    /// <summary>The guides of these names (p1, p2, s1, …).</summary>
    protected static IEnumerable<GuideProcess> Pick(TestBed bed, IEnumerable<string> names) => names.Select(bed.Guide);
}

/// <summary>kill -9; ended by a start on the same port.</summary>
internal sealed class KillFault(params string[] processes) : Fault
{
    /// <inheritdoc/>
    public override Task BreakAsync(TestBed bed) => Task.WhenAll(processes.Select(name => bed.Process(name).KillAsync()));

    /// <inheritdoc/>
    public override Task RecoverAsync(TestBed bed) => Task.WhenAll(processes.Select(name => bed.Process(name).StartAsync()));
}

/// <summary>SIGSTOP; ended by SIGCONT.</summary>
internal sealed class FreezeFault(params string[] processes) : Fault
{
    /// <inheritdoc/>
    public override Task BreakAsync(TestBed bed)
    {
        foreach (var name in processes)
        {
            bed.Process(name).Freeze();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task RecoverAsync(TestBed bed)
    {
        foreach (var name in processes)
        {
            bed.Process(name).Thaw();
        }

        return Task.CompletedTask;
    }
}

/// <summary>The guide misbehaves by its own switches.</summary>
internal sealed class HttpFault(GuideFault fault, params string[] guides) : Fault
{
    /// <inheritdoc/>
    public override Task BreakAsync(TestBed bed) => Task.WhenAll(Pick(bed, guides).Select(guide => guide.SetFaultAsync(fault)));

    /// <inheritdoc/>
    public override Task RecoverAsync(TestBed bed) => Task.WhenAll(Pick(bed, guides).Select(guide => guide.ClearFaultAsync()));
}

/// <summary>The network before some guides misbehaves; the test bed needs its relays.</summary>
internal sealed class RelayFault(RelayBehaviour toServer, RelayBehaviour toClient, RelayDoor door, params string[] guides) : Fault
{
    /// <inheritdoc/>
    public override async Task BreakAsync(TestBed bed)
    {
        foreach (var relay in Relays(bed))
        {
            relay.ToServer = toServer;
            relay.ToClient = toClient;
            await relay.SetDoorAsync(door);
        }
    }

    /// <inheritdoc/>
    public override async Task RecoverAsync(TestBed bed)
    {
        foreach (var relay in Relays(bed))
        {
            await relay.HealAsync();
        }
    }

    private IEnumerable<TcpRelay> Relays(TestBed bed) =>
        bed.Relays.Count > 0
            ? Pick(bed, guides).Select(guide => bed.Relays[bed.Guides.ToList().IndexOf(guide)])
            : throw new InvalidOperationException("The test bed was started without relays, which this fault needs.");
}

/// <summary>The gateway's configuration is replaced by any text, a broken one too; ended by the configuration of the test bed.</summary>
internal sealed class ConfigFault(string text) : Fault
{
    /// <inheritdoc/>
    public override Task BreakAsync(TestBed bed)
    {
        bed.WriteConfig(text);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task RecoverAsync(TestBed bed)
    {
        bed.WriteConfig();
        return Task.CompletedTask;
    }
}
