namespace Gateway.Health.Signals;

/// <summary>A source of readings: one loop with one owner, from its start to its end.</summary>
internal interface ISignalReader
{
    /// <summary>
    /// What it reads, and how: a reader whose key is still wanted after a reload goes on as it is.
    /// </summary>
    string Key { get; }

    /// <summary>Reads until it is cancelled. What goes wrong on the other side is no exception.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
