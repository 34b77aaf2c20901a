using System.Collections.Immutable;
using System.Globalization;
using Gateway.Configuration.Checks;
using Gateway.Configuration.Including;
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

    private const string IfEmpty = "Write keys such as clusters and routes, or remove the file.";

    /// <summary>Reads and judges the file at <paramref name="path"/> and those that it includes.</summary>
    /// <param name="path">As the operator named it; problems repeat it.</param>
    /// <param name="environment">The value of a variable, or null when it is not set.</param>
    /// <param name="timeProvider">The clock that a certificate's expiry is held against; the system's when left out.</param>
    public static ConfigResult Load(string path, Func<string, string?> environment, TimeProvider? timeProvider = null) =>
        Validate(ConfigSet.Read(path, environment), environment, timeProvider);

    /// <summary>Judges the bytes of one file, whatever it includes.</summary>
    public static ConfigResult Validate(ConfigFile file, Func<string, string?> environment, TimeProvider? timeProvider = null) =>
        Validate(ConfigSet.Of(file), environment, timeProvider);

    /// <summary>Judges files that were read already.</summary>
    public static ConfigResult Validate(ConfigSet set, Func<string, string?> environment, TimeProvider? timeProvider = null)
    {
        var file = set.Main;
        var reader = new Reader(file.Path, environment);
        AdminConfig? admin = null;
        if (file.Failure is { } failure)
        {
            reader.Problem(1, 1, failure);
            return Result(null);
        }

        try
        {
            if (Compose(set, reader) is not { } root)
            {
                return Result(null);
            }

            if (!GatewayKeys.Root.TryRead(root, "", reader, out var config))
            {
                return Result(null);
            }

            if (reader.IsWritten("admin/url") && !reader.IsBad("admin"))
            {
                admin = config.Admin;
            }

            ConfigChecks.Run(config, reader, (timeProvider ?? TimeProvider.System).GetUtcNow());
            return Result(reader.HasProblems ? null : config);
        }
        catch (Exception defect) when (defect is not OutOfMemoryException)
        {
            // A file that a check did not foresee must neither end a command nor a reload: it is refused, and what was found until then is
            // told.
            reader.Problem(
                1,
                1,
                $"{Unforeseen} ({defect.GetType().Name}: {defect.Message.TrimEnd('.')}). Solve the other problems first; if there are "
                    + $"none, look at what changed last.");
            return Result(null);
        }

        ConfigResult Result(GatewayConfig? valid) =>
            new()
            {
                Config = valid,
                Problems = reader.Problems,
                Warnings = valid is null
                ? ImmutableArray<ConfigProblem>.Empty
                : reader.Warnings,
                ChangedMeanings = KeyChanges.MeaningsOf(reader),
                Files = set,
                WrittenAdmin = admin
            };
    }

    /// <summary>
    /// All files as one mapping; null: they are not found, or one of them is not YAML. What else is wrong cannot be told before they are.
    /// </summary>
    private static ConfigNode? Compose(ConfigSet set, Reader reader)
    {
        var main = YamlComposer.Compose(set.Main.Content, reader.Problem, set.Main.Path);
        if (main is MappingNode keys && !ReadPatterns(set, keys, reader))
        {
            return null;
        }

        if (set.Included.IsEmpty)
        {
            return main;
        }

        var included = new List<MappingNode>();
        foreach (var file in set.Included)
        {
            if (file.Failure is { } failure)
            {
                reader.Problem(file.Path, 1, 1, failure);
            }
            else if (YamlComposer.Compose(
                file.Content,
                (line, column, message) => reader.Problem(file.Path, line, column, message),
                file.Path,
                IfEmpty) is { } node)
            {
                if (node is MappingNode mapping)
                {
                    included.Add(mapping);
                }
                else
                {
                    reader.Problem(node.File, node.Line, node.Column, $"An included file must be a mapping of keys. {IfEmpty}");
                }
            }
        }

        return reader.HasProblems || main is not MappingNode root ? null : IncludeMerge.Of(root, included, reader);
    }

    /// <summary>Notes which patterns of <c>include</c> stand for nothing. False: one is wrong or cannot be looked up.</summary>
    private static bool ReadPatterns(ConfigSet set, MappingNode root, Reader reader)
    {
        if (root.Entries.FirstOrDefault(static entry => entry.Key.Text is IncludeMerge.Key).Value is not { } node)
        {
            return true;
        }

        if (!IncludeKeys.Patterns.TryRead(node, IncludeMerge.Key, reader, out _))
        {
            return false;
        }

        for (var i = 0; i < set.Found.Length; i++)
        {
            var item = Reader.Below(IncludeMerge.Key, i.ToString(CultureInfo.InvariantCulture));
            var path = reader.IsWritten(item) ? item : IncludeMerge.Key;
            var found = set.Found[i];
            var given = Reader.Quote(found.Pattern);
            if (found.Failure is { } failure)
            {
                reader.ProblemAt(path, $"{failure}, given {given}.");
            }
            else if (found.Paths.IsEmpty)
            {
                reader.WarningAt(path, $"No file has such a name, given {given}. Leave it if files will be put there.");
            }
        }

        return !reader.HasProblems;
    }
}
