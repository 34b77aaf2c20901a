namespace Gateway.Cli.Migration;

/// <summary>A configuration of another proxy that cannot be read.</summary>
internal sealed class MigrationException(SourcePlace at, string message) : Exception($"{at}: {message}");
