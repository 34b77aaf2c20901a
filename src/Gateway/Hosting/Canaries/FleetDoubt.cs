using Gateway.Fleet;
using Gateway.Fleet.Canaries;

namespace Gateway.Hosting.Canaries;

/// <summary>
/// What looks like harm at a canary. What other gateways say of themselves is a moment old, so that a fault that has just begun everywhere
/// would seem to be here alone: it is settled by what they surely counted later.
/// </summary>
/// <param name="own">What this gateway had counted.</param>
/// <param name="exchange">The last exchange before that (<see cref="FleetView.Exchange"/>).</param>
/// <param name="since">When that was, of a clock that never goes back.</param>
internal sealed class FleetDoubt(CanaryCounts own, long exchange, TimeSpan since)
{
    /// <summary>A gateway that lives and still says nothing newer is not waited for any longer.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>After so many exchanges what is heard was surely said later: the next one may have been on its way already.</summary>
    public const int Fresh = 2;

    private IReadOnlyDictionary<string, GatewayView>? _heard;

    /// <summary>What this gateway had counted.</summary>
    public CanaryCounts Own => own;

    /// <summary>The others have been heard in an exchange that began after it, and of each that still lives a later beat.</summary>
    /// <param name="others">Those that have the earlier configuration now; none is left to wait for if there is none.</param>
    /// <param name="heardIn">The exchange in which they were heard.</param>
    /// <param name="now">Of a clock that never goes back.</param>
    public bool IsSettledBy(IReadOnlyDictionary<string, GatewayView> others, long heardIn, TimeSpan now)
    {
        if (others.Count == 0 || now - since >= Longest)
        {
            return true;
        }

        if (_heard is null && heardIn - exchange >= Fresh)
        {
            _heard = others;
        }

        return _heard is { } heard
            && !heard.Any(before => others.TryGetValue(before.Key, out var after) && after.Beat - before.Value.Beat < Fresh);
    }
}
