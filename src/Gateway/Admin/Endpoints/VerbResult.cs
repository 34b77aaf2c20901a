namespace Gateway.Admin.Endpoints;

/// <summary>What became of a verb, a sentence.</summary>
internal sealed record VerbResult(string Message);
