using Gateway.Drills.Figures;
using Gateway.Drills.Running;

namespace Gateway.Drills.Reporting;

/// <summary>A run with its verdict.</summary>
internal sealed record Finding(Measured Measured, Verdict Verdict);

/// <summary>A drill that could not be carried out.</summary>
/// <param name="Drill">Its name.</param>
/// <param name="Why">For people.</param>
internal sealed record NotRun(string Drill, string Why);
