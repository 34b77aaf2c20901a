using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Admin.Endpoints;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;

namespace Gateway.Admin.Status;

/// <summary>The configuration in force as operators may see it: every default filled in, every secret hidden.</summary>
internal static class ConfigView
{
    private const string Hidden = "(hidden)";

    /// <summary>Writes what <see cref="Hide"/> leaves.</summary>
    public static readonly JsonSerializerOptions Options = new(AdminJson.Options)
    {
        Converters =
        {
            new Text<TimeSpan>(DurationText.Format),
            new Text<IPNetwork>(static n => n.ToString()),
            new Text<KeyPart>(Key),
            new Steps(),
            new RunbookStepView(),
        },
    };

    /// <summary>
    /// Tokens, passwords, values of probes' headers, what webhooks have behind their host, and arguments of commands are replaced.
    /// </summary>
    public static GatewayConfig Hide(GatewayConfig config) => config with
    {
        Admin = config.Admin with
        {
            Token = config.Admin.Token is null ? null : Hidden,
            Tokens = [.. config.Admin.Tokens.Select(static t => t with { Token = Hidden })],
        },
        Redis = config.Redis is { } redis
            ? redis with { Password = redis.Password is null ? null : Hidden, Secret = redis.Secret is null ? null : Hidden }
            : null,
        Notify = [.. config.Notify.Select(static n => n with
        {
            // The path of a chat's webhook is its password.
            Webhook = n.Webhook is null
                ? null
                : new Uri(n.Webhook.GetLeftPart(UriPartial.Scheme) + n.Webhook.Host + ":" + n.Webhook.Port + "/" + Hidden),
            Exec = n.Exec.IsDefaultOrEmpty ? [] : n.Exec.Length == 1 ? n.Exec : [n.Exec[0], Hidden],
        })],
        Clusters = [.. config.Clusters.Select(static c => c with
        {
            Tiers = [.. c.Tiers.Select(static t => t with
            {
                Destinations = [.. t.Destinations.Select(static d => d with { Url = WithoutUser(d.Url) })]
            })],
            Probe = c.Probe with { Headers = WithoutValues(c.Probe.Headers) },
            Signals = [.. c.Signals.Select(static s => s.DeepProbe is { } probe
                ? s with { DeepProbe = probe with { Headers = WithoutValues(probe.Headers) } }
                : s)],
        })],
        Runbooks = [.. config.Runbooks.Select(static r => r with { Do = [.. r.Do.Select(RunbookStepView.Hide)] })],
        Telemetry = config.Telemetry with
        {
            Otlp = config.Telemetry.Otlp is null ? null : WithoutUser(config.Telemetry.Otlp),
            Splunk = config.Telemetry.Splunk is { } splunk ? splunk with { Token = Hidden } : null,
        },
    };

    /// <summary>There is something to hide in it.</summary>
    public static bool HoldsSecrets(GatewayConfig config) => !string.Equals(
        JsonSerializer.Serialize(config, Options), JsonSerializer.Serialize(Hide(config), Options), StringComparison.Ordinal);

    /// <summary>
    /// The beginning of the SHA-256 of what gateways must have in common to decide together: clusters, routes and levels. Ports, folders
    /// and receivers may differ.
    /// </summary>
    public static string CommonRevisionOf(GatewayConfig config)
    {
        var hidden = Hide(config);
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new
        {
            hidden.Clusters,
            hidden.Routes,
            hidden.Levels
        }, Options)))[..12];
    }

    private static ImmutableArray<HeaderLineConfig> WithoutValues(ImmutableArray<HeaderLineConfig> headers) =>
        [.. headers.Select(static header => header with { Value = Hidden })];

    private static Uri WithoutUser(Uri url) => url.UserInfo.Length == 0 ? url : new UriBuilder(url) { UserName = "", Password = "" }.Uri;

    private static string Key(KeyPart part) => part.Kind switch
    {
        KeyPartKind.Path => "path",
        KeyPartKind.Query => "query",
        KeyPartKind.QueryParameter => $"query:{part.Name}",
        KeyPartKind.Header => $"header:{part.Name}",
        _ => $"cookie:{part.Name}",
    };

    private sealed class Text<T>(Func<T, string> write) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("Only written.");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(write(value));
    }

    private sealed class Steps : JsonConverter<FallbackStepConfig>
    {
        public override FallbackStepConfig Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("Only written.");

        public override void Write(Utf8JsonWriter writer, FallbackStepConfig value, JsonSerializerOptions options)
        {
            if (value is FileStep file)
            {
                writer.WriteStartObject();
                writer.WriteString("file", file.File);
                if (file.Status is { } status)
                {
                    writer.WriteNumber("status", status);
                }

                writer.WriteString("retryAfter", DurationText.Format(file.RetryAfter));
                writer.WriteEndObject();
                return;
            }

            writer.WriteStringValue(value is LastGoodStep ? "lastGood" : "builtIn");
        }
    }
}
