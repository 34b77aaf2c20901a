using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>One step of a runbook.</summary>
internal abstract record RunbookStep
{
    /// <summary>How long it may take.</summary>
    public virtual TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>It changes something outside of the gateway, so that the guards are asked again before it.</summary>
    public virtual bool Acts => false;

    /// <summary>It begins or ends the destination's drain, which it must not do to an operator's.</summary>
    public virtual bool ChangesDrain => false;
}

/// <summary>Sends nothing new to the destination until the run is over, or <c>ready</c>.</summary>
internal sealed record DrainStep : RunbookStep
{
    /// <inheritdoc/>
    public override bool ChangesDrain => true;
}

/// <summary>Ends the drain.</summary>
internal sealed record ReadyStep : RunbookStep
{
    /// <inheritdoc/>
    public override bool ChangesDrain => true;
}

/// <summary>Tells the receivers of <c>runbook</c> how far the run has come.</summary>
internal sealed record NotifyStep : RunbookStep;

/// <summary>Starts a program, without a shell, and waits for its end; exit code 0 is success.</summary>
internal sealed record ExecStep : RunbookStep
{
    /// <summary>The program's absolute path and its arguments, with names in braces.</summary>
    public ImmutableArray<string> Command { get; init; } = [];

    /// <summary>Default: 30 s. Limits: 100 ms to 1 h.</summary>
    public override TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public override bool Acts => true;
}

/// <summary>Sends a request; any 2xx is success.</summary>
internal sealed record HttpStep : RunbookStep
{
    /// <summary>Where to, with names in braces.</summary>
    public string Url { get; init; } = "";

    /// <summary>Default: POST.</summary>
    public string Method { get; init; } = "POST";

    /// <summary>Headers; their values may be secrets. Default: none.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Default: 30 s. Limits: 100 ms to 1 h.</summary>
    public override TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public override bool Acts => true;
}

/// <summary>Waits for something to be so.</summary>
internal sealed record WaitStep : RunbookStep
{
    /// <summary>What for.</summary>
    public RunbookAwaited For { get; init; }

    /// <summary>Default: 60 s. Limits: 100 ms to 1 h.</summary>
    public override TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>Ends the drain and waits until the destination has passed its half-open probe.</summary>
internal sealed record HalfOpenStep : RunbookStep
{
    /// <inheritdoc/>
    public override bool ChangesDrain => true;

    /// <summary>Default: 60 s. Limits: 100 ms to 1 h.</summary>
    public override TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>What a step waits for.</summary>
internal enum RunbookAwaited
{
    /// <summary>The destination passes its probes again.</summary>
    Up,

    /// <summary>No request of this gateway is under way to it.</summary>
    Idle,
}
