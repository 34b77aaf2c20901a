namespace Gateway.LastGood;

/// <summary>One kept response, as operators see it: no body.</summary>
internal sealed record LastGoodEntry(string Key, string Route, string Tier, TimeSpan Age, long Size, bool IsNearest);
