using System.Globalization;
using Gateway.Observability;

namespace Gateway.Cli;

/// <summary>What saved requests, in words.</summary>
internal static class SavedText
{
    private static readonly (SavedBy By, string Words)[] Savers =
    [
        (SavedBy.OtherTier, "by another tier"),
        (SavedBy.Hedge, "by hedging"),
        (SavedBy.Retry, "by retries"),
        (SavedBy.BufferedResponse, "by buffered responses"),
        (SavedBy.Resume, "by resumed streams"),
        (SavedBy.LastGood, "by last-good responses"),
        (SavedBy.File, "by static files"),
    ];

    /// <summary>Each cause that saved some, such as "482 by another tier, 6 by retries".</summary>
    public static string Of(SavedSums saved) => string.Join(", ", Savers
        .Where(saver => saved[saver.By] > 0)
        .Select(saver => string.Create(CultureInfo.InvariantCulture, $"{saved[saver.By]:N0} {saver.Words}")));
}
