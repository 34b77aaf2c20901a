using Gateway.Configuration;

namespace Gateway.Cli;

/// <summary>Which configuration file a command means.</summary>
internal static class ConfigPath
{
    /// <summary>Names the file when the command line does not.</summary>
    public const string Variable = "GATEWAY_CONFIG";

    /// <summary>The file when nothing names one.</summary>
    public const string Default = "config/gateway.yaml";

    /// <summary>The file of an installed gateway, when nothing names one and the default is not there.</summary>
    public const string Installed = "/etc/gateway/gateway.yaml";

    /// <summary>Names a sample that is used when nothing else is there, as in the image.</summary>
    public const string SampleVariable = "GATEWAY_SAMPLE";

    /// <summary>What an option's or argument's help says.</summary>
    public const string Description = $"The configuration file. Default: the variable {Variable}, else {Default}, else {Installed}.";

    /// <summary>
    /// The named file, else the variable's, else the first that is there of the default, the installed one and the sample.
    /// </summary>
    public static string Of(string? given, Func<string, string?> environment)
    {
        if (!string.IsNullOrEmpty(given))
        {
            return given;
        }

        if (environment(Variable) is { Length: > 0 } variable)
        {
            return variable;
        }

        if (File.Exists(Default))
        {
            return Default;
        }

        if (File.Exists(Installed))
        {
            return Installed;
        }

        return environment(SampleVariable) is { Length: > 0 } sample ? sample : Default;
    }

    /// <summary>True: the command line or the variable names the file.</summary>
    public static bool IsNamed(string? given, Func<string, string?> environment) =>
        !string.IsNullOrEmpty(given) || environment(Variable) is { Length: > 0 };

    /// <summary>Loads the file; prints its problems to <paramref name="error"/> and gives no configuration when there are any.</summary>
    public static async Task<ConfigResult> LoadAsync(string path, Func<string, string?> environment, TextWriter error)
    {
        var result = ConfigLoader.Load(path, environment);
        if (result.Config is null)
        {
            await FailureOf(result).PrintAsync(TextWriter.Null, error, json: false);
        }

        return result;
    }

    /// <summary>Every problem of a file, and how many there are.</summary>
    public static CommandFailure FailureOf(ConfigResult result) =>
        new(GatewayCli.BadUsage, result.Problems.Length == 1 ? "There is 1 problem." : $"There are {result.Problems.Length} problems.")
        {
            Problems = [.. result.Problems.Select(static p => p.ToString())]
        };
}
