using System.Globalization;

namespace Gateway.Forwarding.Mirroring;

/// <summary>
/// The newest pairs of responses of one route, each to the same request: the first tier's, which a user got, and that of another tier.
/// What both vary in by chance must not count: a difference stands only while nearly all of at least eight pairs show it, or, for a status,
/// five pairs: the other tier lacks something, if not for every request. Not safe for threads.
/// </summary>
/// <param name="first">The first tier's name.</param>
internal sealed class MirrorComparison(string first)
{
    /// <summary>Pairs that count.</summary>
    public const int Most = 60;

    /// <summary>Pairs before a difference of responses that both succeed can stand.</summary>
    public const int LeastPairs = 8;

    /// <summary>Pairs with another status before that can stand.</summary>
    public const int LeastFailures = 5;

    /// <summary>Percentage of pairs that must show a difference of responses that both succeed.</summary>
    public const int NearlyAll = 90;

    /// <summary>The same of latencies, whose tails are long on both sides.</summary>
    public const int MostSlow = 80;

    /// <summary>How many times larger or longer counts.</summary>
    public const double Times = 3;

    /// <summary>A pair older than this does not count.</summary>
    public static readonly TimeSpan LongestAge = TimeSpan.FromMinutes(10);

    /// <summary>What a response must take longer, beside <see cref="Times"/>.</summary>
    public static readonly TimeSpan LeastDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>Bytes by which sizes must differ, beside <see cref="Times"/>.</summary>
    public const int LeastBytes = 100;

    private const int MostMembers = 3;

    private readonly Queue<(DateTimeOffset At, MirroredResponse First, MirroredResponse Other)> _pairs = new();
    private readonly Dictionary<string, (int First, int Other)> _shapes = new(StringComparer.Ordinal);

    // Every pair has nearly the same members: each name is kept once.
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private int _shaped;

    /// <summary>Pairs that count.</summary>
    public int Pairs => _pairs.Count;

    /// <summary>Of these, those with another class of status, or no response.</summary>
    public int Failures => _pairs.Count(IsFailure);

    /// <summary>When the newest was added.</summary>
    public DateTimeOffset Newest { get; private set; }

    /// <summary>Adds a pair; returns every difference that stands.</summary>
    public IReadOnlyList<MirrorDifference> Add(DateTimeOffset at, MirroredResponse first, MirroredResponse other)
    {
        Newest = at;
        var areShaped = first.Shape is not null && other.Shape is not null;
        first = first with { Shape = areShaped ? Kept(first.Shape!) : null };
        other = other with { Shape = areShaped ? Kept(other.Shape!) : null };
        _pairs.Enqueue((at, first, other));
        CountShapes(first, other, 1);
        while (_pairs.Count > Most || at - _pairs.Peek().At > LongestAge)
        {
            var (_, oldFirst, oldOther) = _pairs.Dequeue();
            CountShapes(oldFirst, oldOther, -1);
        }

        return [.. All().OfType<MirrorDifference>()];
    }

    private IEnumerable<MirrorDifference?> All()
    {
        yield return StatusDifference();
        var good = _pairs.Where(static pair => pair.First.IsSuccess && pair.Other.IsSuccess).ToArray();
        yield return TypeDifference(good);
        yield return ShapeDifference();
        yield return SizeDifference(good);
        yield return LatencyDifference(good);
    }

    private MirrorDifference? StatusDifference()
    {
        var failed = _pairs.Where(IsFailure).ToArray();
        if (failed.Length < LeastFailures)
        {
            return null;
        }

        var usual = failed.GroupBy(static pair => (pair.Other.Status, pair.Other.Failure)).MaxBy(static group => group.Count())!.Key;
        var does = usual.Status == 0 ? $"gives no response ({usual.Failure ?? "it broke"})" : Invariant($"responds with {usual.Status}");
        return new MirrorDifference(
            MirrorDifferenceKind.Status,
            $"{does} to {Of(failed.Length, _pairs.Count)} reads that {first} serves"
                + (failed[^1].First.Path is { } path ? $", such as {path}" : ""));
    }

    private MirrorDifference? TypeDifference((DateTimeOffset At, MirroredResponse First, MirroredResponse Other)[] good)
    {
        var others = good.Where(static pair => !string.Equals(pair.First.Type, pair.Other.Type, StringComparison.Ordinal)).ToArray();
        return !IsNearlyAll(others.Length, good.Length)
            ? null
            : new MirrorDifference(
                MirrorDifferenceKind.Type,
                $"sends {Named(others[^1].Other.Type)} where {first} sends {Named(others[^1].First.Type)}, in "
                    + $"{Of(others.Length, good.Length)} responses");
    }

    private MirrorDifference? ShapeDifference()
    {
        if (_shaped < LeastPairs)
        {
            return null;
        }

        var lacks = Where(static count => count.First, static count => count.Other);
        var adds = Where(static count => count.Other, static count => count.First);
        var kinds = new List<string>();
        foreach (var (member, kind) in adds.Where(static feature => feature.Kind is not null))
        {
            if (lacks.FirstOrDefault(lack => lack.Kind is not null && string.Equals(lack.Member, member, StringComparison.Ordinal))
                is { Kind: { } was })
            {
                kinds.Add($"has {member} as {kind}, which is {was} at {first}");
            }
        }

        var missing = Listed(lacks);
        var added = Listed(adds);
        string?[] parts =
        [
            missing is null ? null : $"lacks {missing}, which {first} has",
            added is null ? null : $"has {added}, which {first} lacks",
            .. kinds.Take(MostMembers),
        ];
        var text = string.Join("; ", parts.Where(static part => part is not null));
        return text.Length == 0
            ? null
            : new MirrorDifference(MirrorDifferenceKind.Shape, Invariant($"{text}, in nearly all of {_shaped} JSON responses"));
    }

    private MirrorDifference? SizeDifference((DateTimeOffset At, MirroredResponse First, MirroredResponse Other)[] good)
    {
        var sized = good.Where(static pair => pair.First.Size is not null
            && pair.Other.Size is not null
            && string.Equals(pair.First.Coding, pair.Other.Coding, StringComparison.Ordinal)).ToArray();
        var smaller = sized.Count(static pair => IsFar(pair.First.Size!.Value, pair.Other.Size!.Value));
        var larger = sized.Count(static pair => IsFar(pair.Other.Size!.Value, pair.First.Size!.Value));
        return !IsNearlyAll(Math.Max(smaller, larger), sized.Length)
            ? null
            : new MirrorDifference(
                MirrorDifferenceKind.Size,
                $"sends {Bytes(sized.Select(static pair => pair.Other.Size!.Value))} where {first} sends "
                    + $"{Bytes(sized.Select(static pair => pair.First.Size!.Value))} (medians of {Number(sized.Length)} responses)");
    }

    private MirrorDifference? LatencyDifference((DateTimeOffset At, MirroredResponse First, MirroredResponse Other)[] good)
    {
        var slow = good.Count(static pair =>
            pair.Other.ToHead >= pair.First.ToHead * Times && pair.Other.ToHead - pair.First.ToHead >= LeastDelay);
        return !IsShare(slow, good.Length, MostSlow)
            ? null
            : new MirrorDifference(
                MirrorDifferenceKind.Latency,
                $"takes {Milliseconds(good.Select(static pair => pair.Other.ToHead))} where {first} takes "
                    + $"{Milliseconds(good.Select(static pair => pair.First.ToHead))} (medians of {Number(good.Length)} responses)");
    }

    private static bool IsFailure((DateTimeOffset At, MirroredResponse First, MirroredResponse Other) pair) =>
        pair.Other.Status / 100 != pair.First.Status / 100;

    private void CountShapes(MirroredResponse first, MirroredResponse other, int by)
    {
        if (first.Shape is null || other.Shape is null)
        {
            return;
        }

        _shaped += by;
        foreach (var feature in first.Shape)
        {
            Count(feature, by, 0);
        }

        foreach (var feature in other.Shape)
        {
            Count(feature, 0, by);
        }
    }

    private string[] Kept(IReadOnlyCollection<string> shape) =>
    [
        .. shape.Select(feature =>
        {
            if (_names.TryGetValue(feature, out var known))
            {
                return known;
            }

            _names.Add(feature);
            return feature;
        }),
    ];

    private void Count(string feature, int first, int other)
    {
        var counted = _shapes.GetValueOrDefault(feature);
        counted = (counted.First + first, counted.Other + other);
        if (counted == default)
        {
            _shapes.Remove(feature);
            _names.Remove(feature);
        }
        else
        {
            _shapes[feature] = counted;
        }
    }

    /// <summary>What nearly all responses of one side have and nearly none of the other, in order.</summary>
    private List<(string Member, string? Kind)> Where(Func<(int First, int Other), int> has, Func<(int First, int Other), int> lacks) =>
    [
        .. _shapes.Where(feature => IsShare(has(feature.Value), _shaped, NearlyAll)
                && IsShare(_shaped - lacks(feature.Value), _shaped, NearlyAll))
            .Select(static feature => JsonShape.Split(feature.Key))
            .Order(),
    ];

    private static string? Listed(List<(string Member, string? Kind)> features)
    {
        var members = features.Where(static feature => feature.Kind is null).Select(static feature => feature.Member).ToArray();
        var shown = string.Join(", ", members.Take(MostMembers));
        return members.Length == 0 ? null
            : members.Length > MostMembers ? Invariant($"{shown} and {members.Length - MostMembers} more")
            : shown;
    }

    private static bool IsNearlyAll(int count, int all) => IsShare(count, all, NearlyAll);

    private static bool IsShare(int count, int all, int percent) => all >= LeastPairs && count * 100 >= percent * all;

    private static bool IsFar(long large, long small) => large >= small * Times && large - small >= LeastBytes;

    private static string Named(string? type) => type ?? "no media type";

    private static string Of(int count, int all) =>
        count == all ? Invariant($"each of the last {all}") : Invariant($"{count} of the last {all}");

    private static string Bytes(IEnumerable<long> sizes) => Invariant($"{Median(sizes):N0} B");

    private static string Milliseconds(IEnumerable<TimeSpan> times) =>
        Invariant($"{Median(times.Select(static time => (long)time.TotalMilliseconds)):N0} ms");

    private static string Number(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static long Median(IEnumerable<long> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
