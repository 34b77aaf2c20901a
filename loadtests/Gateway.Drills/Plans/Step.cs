using Gateway.Drills.Faults;
using Gateway.Drills.Processes;
using Gateway.Drills.Running;

namespace Gateway.Drills.Plans;

/// <summary>Whether something is worse or better after a step: what "during the fault" means follows from it.</summary>
[Flags]
internal enum Effect
{
    /// <summary>Neither: a change that users should not notice.</summary>
    None = 0,

    /// <summary>Something is broken from here.</summary>
    Breaks = 1,

    /// <summary>Everything it concerns works again when it has ended.</summary>
    Recovers = 2,
}

/// <summary>Something that a timeline does.</summary>
/// <param name="label">For people: "freeze p1, p2".</param>
/// <param name="effect">What it means for the service.</param>
internal abstract class Step(string label, Effect effect)
{
    /// <summary>For people.</summary>
    public string Label { get; } = label;

    /// <summary>What it means for the service.</summary>
    public Effect Effect { get; } = effect;

    /// <summary>How long it goes on at least; the load has to last longer.</summary>
    public virtual TimeSpan Lasts => TimeSpan.Zero;

    /// <summary>It is about the gateway's own configuration or process: other proxies have none like it.</summary>
    public virtual bool IsAboutTheGateway => false;

    /// <summary>It needs the guides that a drill starts itself.</summary>
    public virtual bool NeedsOwnGuides => true;

    /// <summary>Does it; completes when it is done.</summary>
    public abstract Task DoAsync(DrillEnvironment stage, CancellationToken cancel);
}

/// <summary>A fault begins, or is over.</summary>
internal sealed class FaultStep(string label, Fault fault, bool recovers) : Step(label, recovers ? Effect.Recovers : Effect.Breaks)
{
    /// <summary>The fault.</summary>
    public Fault Fault => fault;

    /// <inheritdoc/>
    public override bool IsAboutTheGateway => fault is ConfigFault;

    /// <inheritdoc/>
    public override Task DoAsync(DrillEnvironment stage, CancellationToken cancel) =>
        recovers ? fault.RecoverAsync(stage.OwnBed) : fault.BreakAsync(stage.OwnBed);
}

/// <summary>Guides end in order (SIGTERM) and start again, one after the other, as a rolling restart does.</summary>
internal sealed class RollingDeed(IReadOnlyList<string> guides, TimeSpan pause)
    : Step($"rolling restart of {string.Join(", ", guides)}", Effect.Breaks | Effect.Recovers)
{
    /// <inheritdoc/>
    public override TimeSpan Lasts => pause * guides.Count;

    /// <inheritdoc/>
    public override async Task DoAsync(DrillEnvironment stage, CancellationToken cancel)
    {
        foreach (var name in guides)
        {
            var guide = stage.OwnBed.Guide(name);
            await guide.TerminateAsync(TimeSpan.FromSeconds(30));
            await guide.StartAsync(cancel);
            await Task.Delay(pause, TimeProvider.System, cancel);
        }
    }
}

/// <summary>The gateway itself ends, by SIGTERM or kill -9, and is started again at once.</summary>
internal sealed class GatewayRestartDeed(bool kill)
    : Step(kill ? "gateway killed and started" : "gateway restarted", Effect.Breaks | Effect.Recovers)
{
    /// <inheritdoc/>
    public override bool IsAboutTheGateway => true;

    /// <inheritdoc/>
    public override async Task DoAsync(DrillEnvironment stage, CancellationToken cancel)
    {
        var gateway = stage.OwnBed.Gateway;
        if (kill)
        {
            await gateway.KillAsync();
        }
        else
        {
            await gateway.TerminateAsync(TimeSpan.FromSeconds(60));
        }

        await gateway.StartAsync(cancel);
    }
}

/// <summary>Values of the configuration change while the gateway runs.</summary>
internal sealed class ConfigDeed(IReadOnlyList<(string Path, string? Yaml)> changes)
    : Step($"configuration: {string.Join(", ", changes.Select(change => $"{change.Path} = {change.Yaml ?? "(gone)"}"))}", Effect.None)
{
    /// <inheritdoc/>
    public override bool IsAboutTheGateway => true;

    /// <inheritdoc/>
    public override Task DoAsync(DrillEnvironment stage, CancellationToken cancel)
    {
        foreach (var (path, yaml) in changes)
        {
            stage.OwnBed.Config.Set(path, yaml);
        }

        stage.OwnBed.WriteConfig();
        return Task.CompletedTask;
    }
}

/// <summary>Good and broken configurations in turn: every tenth is broken.</summary>
internal sealed class ReloadsDeed(int count, TimeSpan every) : Step($"{count} reloads, every tenth broken", Effect.None)
{
    /// <inheritdoc/>
    public override TimeSpan Lasts => every * count;

    /// <inheritdoc/>
    public override bool IsAboutTheGateway => true;

    /// <inheritdoc/>
    public override async Task DoAsync(DrillEnvironment stage, CancellationToken cancel)
    {
        var bed = stage.OwnBed;
        for (var number = 1; number <= count; number++)
        {
            if (number % 10 == 0)
            {
                bed.WriteConfig("clusters: [ this is no configuration\n");
            }
            else
            {
                bed.Config.Set("clusters.ai-guide.slo", number % 2 == 0 ? "99.9%" : "99.95%");
                bed.WriteConfig();
            }

            await Task.Delay(every, TimeProvider.System, cancel);
        }

        bed.WriteConfig();
    }
}

/// <summary>More load for a while, beside the drill's own: a storm of retries, a herd, clients that vanish.</summary>
internal sealed class BurstDeed(string kind, double rate, TimeSpan time, double vanishing) : Step(
    FormattableString.Invariant(
        $"burst of {rate} {kind} a second for {time.TotalSeconds} s{(vanishing > 0 ? $", {vanishing * 100} % vanish" : string.Empty)}"),
        Effect.None)
{
    /// <inheritdoc/>
    public override TimeSpan Lasts => time;

    /// <inheritdoc/>
    public override bool NeedsOwnGuides => false;

    /// <inheritdoc/>
    public override async Task DoAsync(DrillEnvironment stage, CancellationToken cancel) => stage.Note(await Load.LoadRun.RunAsync(new()
    {
        Target = stage.Target,
        Rate = Load.RateProfile.Constant(rate, time),
        Scenarios = [Kinds.Create(kind, 1, stage.BurstPrefix, 200)],
        Vanishing = vanishing,
        Seed = 7,
    }));
}

/// <summary>A fault that comes and goes: down, up, down, up.</summary>
internal sealed class FlapDeed(string label, Fault fault, TimeSpan down, TimeSpan up, TimeSpan time)
    : Step(label, Effect.Breaks | Effect.Recovers)
{
    /// <inheritdoc/>
    public override TimeSpan Lasts => time;

    /// <inheritdoc/>
    public override async Task DoAsync(DrillEnvironment stage, CancellationToken cancel)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += down + up)
        {
            await fault.BreakAsync(stage.OwnBed);
            await Task.Delay(down, TimeProvider.System, cancel);
            await fault.RecoverAsync(stage.OwnBed);
            await Task.Delay(up, TimeProvider.System, cancel);
        }
    }
}

/// <summary>A shell command of the operator's: for a gateway that the drill did not start.</summary>
internal sealed class RunDeed(string command, Effect effect)
    : Step($"run: {string.Join("; ", command.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))}", effect)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>The command.</summary>
    public string Command => command;

    /// <inheritdoc/>
    public override bool NeedsOwnGuides => false;

    /// <inheritdoc/>
    public override async Task DoAsync(DrillEnvironment stage, CancellationToken cancel)
    {
        await using var shell = new ChildProcess($"run: {command}", "/bin/sh", ["-c", command], stage.Variables);
        await shell.StartAsync(cancel);
        await shell.Ended.WaitAsync(Patience, TimeProvider.System, cancel);
        if (shell.ExitCode != 0)
        {
            await shell.ReadToEndAsync();
            throw new InvalidOperationException(
                $"The command '{command}' ended with exit code {shell.ExitCode}. It wrote:\n{shell.Output}");
        }
    }
}
