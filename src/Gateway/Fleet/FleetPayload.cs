using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Consensus;
using Gateway.Failover;
using Gateway.Fleet.Canaries;

namespace Gateway.Fleet;

/// <summary>
/// What gateways write for one another: <c>1 CHECK JSON</c>, the version, the beginning of the JSON's SHA-256, the JSON. What has another
/// version, another sum, another shape or too much of anything is not taken.
/// </summary>
internal static class FleetPayload
{
    /// <summary>Nothing longer is read.</summary>
    public const int MaxLength = 16 * 1024;

    /// <summary>An epoch beyond this is not a count.</summary>
    public const long MaxEpoch = 1L << 50;

    /// <summary>The end of the year 9999, in Unix milliseconds: a later moment is no time.</summary>
    public const long MaxUnixMs = 253_402_300_799_999;

    private const string Head = "1 ";
    private const int CheckLength = 8;
    private const int MaxText = 200;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { MaxDepth = 8 };

    /// <summary>For Redis.</summary>
    public static byte[] Encode<T>(T value)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(value, Json);
        return [.. Encoding.ASCII.GetBytes(Head + CheckOf(json) + " "), .. json];
    }

    /// <summary>From Redis; null: not ours, or damaged.</summary>
    public static T? Decode<T>(ReadOnlySpan<byte> payload)
        where T : class
    {
        var head = Head.Length + CheckLength + 1;
        if (payload.Length <= head || payload.Length > MaxLength || !payload.StartsWith("1 "u8) || payload[head - 1] != ' ')
        {
            return null;
        }

        var json = payload[head..];
        if (!payload.Slice(Head.Length, CheckLength).SequenceEqual(Encoding.ASCII.GetBytes(CheckOf(json))))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<T>(json, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A text of another gateway as it may stand in a log, a page or a terminal.</summary>
    public static string Clean(string? text) => string.Concat((text ?? "").Take(MaxText).Select(static c => char.IsControl(c) ? ' ' : c));

    private static string CheckOf(ReadOnlySpan<byte> json) => Convert.ToHexStringLower(SHA256.HashData(json))[..CheckLength];
}

/// <summary>A gateway's sign of life.</summary>
/// <param name="Name">For people: host and admin endpoint.</param>
/// <param name="Version">The program's.</param>
/// <param name="Revision">The beginning of the SHA-256 of what its configuration must have in common with others.</param>
/// <param name="Epoch">The highest that it has seen.</param>
/// <param name="Clusters">Its votes; empty before its first round of probes is over.</param>
internal sealed record Heartbeat(string Name, string Version, string Revision, long Epoch, ImmutableArray<ClusterVote> Clusters)
{
    /// <summary>So many faults are taken at most; more have a cause that they share.</summary>
    public const int MostFaults = 64;

    /// <summary>The faults of runbooks that it sees, as short identities; null: it is of a version that has none.</summary>
    public ImmutableArray<string>? Faults { get; init; }

    /// <summary>How its requests ended since its start; nothing: it is of a version that does not count them.</summary>
    public CanaryCounts Outcomes { get; init; }

    /// <summary>The routes whose counts its canary asks of the others (<see cref="RouteOutcome.IdOf"/>); null: none.</summary>
    public ImmutableArray<string>? AskedRoutes { get; init; }

    /// <summary>How requests of the routes ended that another gateway asks for; null: of none.</summary>
    public ImmutableArray<RouteOutcome>? Routes { get; init; }

    /// <summary>Counts the signs of life of this gateway.</summary>
    public long Beat { get; init; }

    /// <summary>Everything that must be there is, and in bounds.</summary>
    public bool IsSound =>
        Faults is null or { IsDefault: false, Length: <= MostFaults } && (Faults ?? []).All(static f => f is { Length: <= 64 })
        && (AskedRoutes is not { } asked || RouteOutcome.AreSound(asked)) && (Routes is not { } routes || RouteOutcome.AreSound(routes))
        && Outcomes.IsSound && Name is not null && Version is not null && Revision is not null && Epoch is >= 0 and <= FleetPayload.MaxEpoch
        && !Clusters.IsDefault
        && Clusters.All(static c => c is { Cluster: not null, Tiers.IsDefault: false } && c.Tiers.All(static t => t.Tier is not null));
}

/// <summary>An operator's order as it stands in Redis, under the name of what it is about.</summary>
/// <param name="Epoch">The higher one counts.</param>
/// <param name="By">The gateway at which it was given; among equal epochs the greater one counts.</param>
/// <param name="Kind">What is ordered.</param>
/// <param name="Tier">The tier to hold.</param>
/// <param name="Reason">The operator's words.</param>
/// <param name="Who">Who gave it, as far as it is known.</param>
/// <param name="Weight">The weight to give.</param>
/// <param name="ForMs">How long a drain spares conversations, from when it was given, in milliseconds.</param>
/// <param name="LastsMs">After how long a drain ends by itself, from when it was given, in milliseconds.</param>
internal sealed record SharedOrder(
    long Epoch,
    string By,
    SharedOrderKind Kind,
    string? Tier,
    string? Reason,
    string? Who = null,
    int? Weight = null,
    long? ForMs = null,
    long? LastsMs = null,
    bool AtOnce = false)
{
    /// <summary>Everything that must be there is, and in bounds.</summary>
    public bool IsSound =>
        Epoch is > 0 and <= FleetPayload.MaxEpoch && By is not null && Enum.IsDefined(Kind) && (Kind != SharedOrderKind.Hold
            || Tier is not null)
        && (Kind == SharedOrderKind.Weight ? Weight is >= WeightCommand.Least and <= WeightCommand.Most : Weight is null)
        && ForMs is null or (> 0 and <= 86_400_000)
        && LastsMs is null or (> 0 and <= 86_400_000);

    /// <summary>Whether it replaces another one: by epoch, never by a clock.</summary>
    public bool Overrules(SharedOrder? other) =>
        other is null || Epoch > other.Epoch || (Epoch == other.Epoch && string.CompareOrdinal(By, other.By) > 0);
}

/// <summary>What an operator ordered.</summary>
internal enum SharedOrderKind
{
    /// <summary>Hold a tier.</summary>
    Hold,

    /// <summary>End a hold.</summary>
    Release,

    /// <summary>Drain a destination.</summary>
    Drain,

    /// <summary>End a drain.</summary>
    Ready,

    /// <summary>Give a destination a weight.</summary>
    Weight,

    /// <summary>Give it the configuration's again.</summary>
    WeightClear,
}

/// <summary>Last-good responses that were purged at one gateway.</summary>
/// <param name="Id">Tells it from others.</param>
/// <param name="By">What <paramref name="Text"/> is; the store of last-good responses knows.</param>
/// <param name="Text">A key, the begin of one, or a route.</param>
internal sealed record SharedPurge(string Id, string By, string Text)
{
    /// <summary>Everything that must be there is.</summary>
    public bool IsSound => Id is { Length: > 0 and <= 64 } && By is not null && Text is not null;
}
