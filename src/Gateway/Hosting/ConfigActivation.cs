using Gateway.Admin.Endpoints;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;
using Gateway.Failover;
using Gateway.Fallback;
using Gateway.Forwarding;
using Gateway.Notifications;
using Gateway.Observability.Metrics;

namespace Gateway.Hosting;

/// <summary>Puts a changed configuration in force in every room, as a whole.</summary>
internal sealed partial class ConfigActivation(
    FailoverLoop loop,
    FallbackFiles files,
    GatewayEndpoints endpoints,
    AdminServer admin,
    Notifier notifier,
    Instruments instruments,
    GatewayLog log)
{
    private readonly ILogger<ConfigActivation> _logger = log.For<ConfigActivation>();

    /// <summary>
    /// What fails half-way is undone: the old configuration is put in force again, and the failure is the caller's to report.
    /// </summary>
    public async Task ApplyAsync(ConfigChange change, CancellationToken cancellationToken)
    {
        try
        {
            await UseAsync(change.New, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await UseAsync(change.Old, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogChangeNotUndone(e);
            }

            throw;
        }
    }

    /// <summary>First the loop, which makes the clusters, then the routes that use them; what cannot fail comes last.</summary>
    private async Task UseAsync(GatewayConfig config, CancellationToken cancellationToken)
    {
        await loop.ApplyAsync(config, cancellationToken).ConfigureAwait(false);
        files.UseFolder(config.StaticFallback);
        endpoints.Apply(config);
        admin.UseCredentials(config.Admin);
        await notifier.UseAsync(config.Notify).ConfigureAwait(false);
        instruments.Retain(
            config.Routes.Select(static r => r.Name).ToHashSet(StringComparer.Ordinal),
            config.Clusters.SelectMany(static c => c.Tiers.SelectMany(t => t.Destinations.Select(d => (c.Name, d.Name)))).ToHashSet());
        log.Use(config.Telemetry);
    }

    [LoggerMessage(10104, LogLevel.Error,
        "A configuration that could not be put in force could not be undone either; parts of both may be in force. Restart the gateway.")]
    private partial void LogChangeNotUndone(Exception exception);
}
