namespace Gateway.Configuration.Model;

/// <summary>What the bearer of a token may do on the admin endpoint; each includes those before it.</summary>
internal enum AdminRole
{
    /// <summary>See: status, metrics, journal, configuration.</summary>
    Read,

    /// <summary>Hold, release, drain, ready, weight, purge of stored responses; send alerts and lines for signals.</summary>
    Operate,

    /// <summary>Reload the configuration.</summary>
    Configure,
}
