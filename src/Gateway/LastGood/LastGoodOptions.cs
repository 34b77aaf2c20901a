using System.Collections.Immutable;
using System.Net;

namespace Gateway.LastGood;

/// <summary>The bounds of the store.</summary>
internal sealed record LastGoodOptions
{
    /// <summary>Memory for responses, overhead included, in bytes. Default: 256 MiB.</summary>
    public long MemoryCap { get; init; } = 256L * 1024 * 1024;

    /// <summary>
    /// Memory for responses that are being copied, in bytes; beyond it no further copy is begun or grown. Default: 32 MiB.
    /// </summary>
    public long CopyCap { get; init; } = 32L * 1024 * 1024;

    /// <summary>Changes that wait for the store behind; beyond it the oldest is dropped and counted. Default: 4,096.</summary>
    public int QueueLength { get; init; } = 4096;

    /// <summary>How long a request may look into a shared store when memory has nothing and no tier can serve. Default: 50 ms.</summary>
    public TimeSpan LookTimeout { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// A stored response leaves after <see cref="InMemory.WithdrawalRule.Times"/> responses in a row that take it back, over at least so
    /// long. Default: 10 s.
    /// </summary>
    public TimeSpan WithdrawalsOver { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The proxies whose <c>X-Forwarded-…</c> reach destinations. Default: none.</summary>
    public Func<ImmutableArray<IPNetwork>> TrustedProxies { get; init; } = static () => [];

    /// <summary>Something is done about a forecast that a destination of a cluster will fail. Default: never.</summary>
    public Func<string, bool> IsFailureForecast { get; init; } = static _ => false;

    /// <summary>Looks at the same time; further requests go without. Default: 256.</summary>
    public int LooksAtOnce { get; init; } = 256;
}
