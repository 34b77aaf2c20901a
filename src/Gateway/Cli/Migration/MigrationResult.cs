using System.Collections.Immutable;
using Gateway.Configuration;

namespace Gateway.Cli.Migration;

/// <summary>What a migration gives.</summary>
/// <param name="Yaml">The new file; <c>check</c> accepts it.</param>
/// <param name="Notes">What was not carried over, in the order of the old file.</param>
/// <param name="Warnings">What <c>check</c> says of the new file.</param>
internal sealed record MigrationResult(string Yaml, ImmutableArray<MigrationNote> Notes, ImmutableArray<ConfigProblem> Warnings);
