using System.Globalization;

namespace Gateway.Failover.Comparison;

/// <summary>By what the tier that returns is worse than the one that carries the rest.</summary>
/// <param name="What">Compared by what.</param>
/// <param name="Share">Its share, from 0 to 1.</param>
/// <param name="BaseShare">The other's.</param>
/// <param name="Cases">What both shares rest on, together.</param>
/// <param name="ByConversation">The cases are conversations; false: requests.</param>
internal sealed record ComparisonFinding(ComparedShare What, double Share, double BaseShare, long Cases, bool ByConversation)
{
    /// <summary>In words, as in "primary 3.1 % failed, standby 0.4 %, after 1,900 requests".</summary>
    public string Words(string tier, string baseTier) => string.Create(
        CultureInfo.InvariantCulture,
        $"{tier} {Percent(Share)} {WordOf(What)}, {baseTier} {Percent(BaseShare)}, after {Cases:N0} {Unit}");

    private string Unit => ByConversation ? "conversations" : What == ComparedShare.SlowFirstContent ? "event streams" : "requests";

    private static string WordOf(ComparedShare what) => what switch
    {
        ComparedShare.Failed => "failed",
        ComparedShare.Late => "late",
        ComparedShare.SlowFirstByte => "slow to the first byte",
        _ => "slow to the first content",
    };

    private static string Percent(double share) => share is > 0 and < 0.1
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0.1, share * 100):0.0} %")
        : string.Create(CultureInfo.InvariantCulture, $"{share * 100:0} %");
}
