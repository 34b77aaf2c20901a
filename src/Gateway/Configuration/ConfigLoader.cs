using System.Collections.Immutable;
using Gateway.Configuration.Checks;
using Gateway.Configuration.Keys;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration;

/// <summary>
/// Judges a file, by the same code for the start, a reload and <c>check</c>. No exception leaves it: whatever is wrong is a problem with a
/// place.
/// </summary>
internal static class ConfigLoader
{
    /// <summary>How the problem begins that stands for a mistake of the judge itself.</summary>
    public const string Unforeseen = "This file could not be judged";

    /// <summary>Reads and judges the file at <paramref name="path"/>.</summary>
    /// <param name="path">As the operator named it; problems repeat it.</param>
    /// <param name="environment">The value of a variable, or null when it is not set.</param>
    /// <param name="timeProvider">The clock that a certificate's expiry is held against; the system's when left out.</param>
    public static ConfigResult Load(string path, Func<string, string?> environment, TimeProvider? timeProvider = null) => Validate(ConfigFile.Read(path), environment, timeProvider);

    /// <summary>Judges bytes that were read already.</summary>
    public static ConfigResult Validate(ConfigFile file, Func<string, string?> environment, TimeProvider? timeProvider = null)
    {
        var reader = new Reader(file.Path, environment);
        AdminConfig? admin = null;
        if (file.Failure is { } failure)
        {
            reader.Problem(1, 1, failure);
            return Result(null);
        }

        try
        {
            if (YamlComposer.Compose(file.Content, reader.Problem) is not { } root) return Result(null);
            if (!GatewayKeys.Root.TryRead(root, "", reader, out var config)) return Result(null);

            if (reader.IsWritten("admin/url") && !reader.IsBad("admin")) admin = config.Admin;
            ConfigChecks.Run(config, reader, (timeProvider ?? TimeProvider.System).GetUtcNow());
            return Result(reader.HasProblems ? null : config);
        }
        catch (Exception defect) when (defect is not OutOfMemoryException)
        {
            // A file that a check did not foresee must neither end a command nor a reload: it is refused, and what was found until then is
            // told.
            reader.Problem(1, 1, $"{Unforeseen} ({defect.GetType().Name}: {defect.Message.TrimEnd('.')}). Solve the other problems first; if there are none, look at what changed last.");
            return Result(null);
        }

        ConfigResult Result(GatewayConfig? valid) => new() { Config = valid, Problems = reader.Problems, Warnings = valid is null ? ImmutableArray<ConfigProblem>.Empty : reader.Warnings, Hash = file.Hash, File = file.Path, WrittenAdmin = admin };
    }
}
