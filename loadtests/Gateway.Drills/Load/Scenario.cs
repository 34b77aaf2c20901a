namespace Gateway.Drills.Load;

/// <summary>One kind of request: how it is written, and what counts as a good response.</summary>
/// <param name="name">What ledgers and reports call it.</param>
/// <param name="weight">How often it is drawn, relative to the plan's other scenarios.</param>
internal abstract class Scenario(string name, int weight)
{
    /// <summary>What ledgers and reports call it.</summary>
    public string Name { get; } = name;

    /// <summary>How often it is drawn, relative to the plan's other scenarios.</summary>
    public int Weight { get; } = weight;

    /// <summary>
    /// Writes a request, head and body, and says which key (user, order) it is about. Called on the dispatching
    /// thread, so it is quick and allocates nothing.
    /// </summary>
    /// <param name="into">2 KiB.</param>
    /// <param name="host">The value of the Host header.</param>
    /// <param name="number">The request's number in the run, from 0.</param>
    /// <param name="key">Goes into the ledger.</param>
    public abstract int Write(Span<byte> into, ReadOnlySpan<byte> host, long number, out long key);

    /// <summary>Judges a whole response.</summary>
    public virtual Outcome Judge(in ReceivedResponse response, long key) => response.FallbackSource switch
    {
        FallbackSource.LastGood => IsBodyGood(response, key) ? Outcome.LastGood : Outcome.WrongBody,
        FallbackSource.File => Outcome.File,
        FallbackSource.BuiltIn => Outcome.BuiltIn,
        FallbackSource.Unknown => Outcome.WrongBody,
        _ when response.Status is < 200 or > 299 => Outcome.Status,
        _ => IsBodyGood(response, key) ? Outcome.Live : Outcome.WrongBody,
    };

    /// <summary>Whether a body with a good status is what was asked for. Default: yes.</summary>
    protected virtual bool IsBodyGood(in ReceivedResponse response, long key) => true;
}
