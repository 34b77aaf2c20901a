using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Checks;

/// <summary>Either-or keys of Redis and notifications, folders that are files.</summary>
internal static class OperationChecks
{
    /// <summary>Notes every problem and warning.</summary>
    public static void Run(GatewayConfig config, Reader reader)
    {
        if (File.Exists(config.State))
        {
            reader.ProblemAt(
                "state",
                $"This is a file, given {Reader.Quote(config.State)}. Write the path of a folder; it is made when it is missing.");
        }

        if (config.Redis is { } redis && redis.Endpoints.IsEmpty == redis.Sentinel is null)
        {
            reader.ProblemAt(
                "redis",
                $"\"redis\" must have either endpoints or sentinel, given {(redis.Sentinel is null ? "neither" : "both")}. Write "
                    + $"\"endpoints: [ HOST:PORT ]\", or \"sentinel: {{ service: NAME, endpoints: [ HOST:PORT ] }}\".",
                "redis/endpoints",
                "redis/sentinel");
        }

        if (config.Redis is { } secured)
        {
            Secured(secured, reader);
        }

        for (var i = 0; i < config.Notify.Length; i++)
        {
            var (notify, path) = (config.Notify[i], $"notify/{i.ToString(CultureInfo.InvariantCulture)}");
            if (notify.Webhook is null == notify.Exec.IsEmpty)
            {
                reader.ProblemAt(
                    path,
                    $"An item of \"notify\" must have either webhook or exec, given {(notify.Webhook is null ? "neither" : "both")}. Write "
                        + $"\"webhook: URL\" or \"exec: [ PROGRAM ]\".",
                    $"{path}/webhook",
                    $"{path}/exec");
            }

            if (!notify.Exec.IsEmpty && notify.Exec[0].Contains('/', StringComparison.Ordinal))
            {
                ProgramChecks.Run(notify.Exec[0], $"{path}/exec", reader);
            }
        }

        if (config.Telemetry is { Access.Pattern: not null, Logs.Format: not LogFormat.Text })
        {
            reader.ProblemAt(
                "telemetry/access/pattern",
                $"A pattern makes lines of text, given with \"format: {(config.Telemetry.Logs.Format == LogFormat.Json ? "json" : "ecs")}"
                    + $"\", which has every field by its name. Remove the pattern, or write \"format: text\".");
        }

        if (config.Telemetry.Logs.File is { } file && Directory.Exists(file))
        {
            reader.ProblemAt("telemetry/logs/file", $"This is a folder, given {Reader.Quote(file)}. Write the path of a file.");
        }
    }

    private static void Secured(RedisConfig redis, Reader reader)
    {
        if (redis.User is { } user && string.IsNullOrEmpty(redis.Password))
        {
            reader.ProblemAt(
                "redis/user",
                $"A user of Redis needs a password, given {Reader.Quote(user)} alone. Write \"password: ${{REDIS_PASSWORD}}\" beside it, "
                    + $"or remove the user.",
                "redis/password");
        }

        if (redis.Ca is not { } file)
        {
            return;
        }

        if (!redis.Tls)
        {
            reader.ProblemAt(
                "redis/ca",
                $"The authorities would not be used, given {Reader.Quote(file)} without TLS. Write \"tls: true\" beside it, or remove the "
                    + $"key.",
                "redis/tls");
        }

        if (!File.Exists(file))
        {
            reader.ProblemAt(
                "redis/ca",
                $"The file does not exist, given {Reader.Quote(file)}. Put it there, or write another path; a relative one starts at the "
                    + $"folder in which the gateway is started.");
            return;
        }

        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(file);
            if (authorities.Count > 0)
            {
                return;
            }
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException)
        {
            // The same remedy as for a file without certificates.
        }

        reader.ProblemAt("redis/ca", $"The file holds no certificates, given {Reader.Quote(file)}. Write the path of a readable PEM file.");
    }
}
