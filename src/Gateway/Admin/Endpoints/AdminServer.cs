using System.Globalization;
using System.Net.Security;
using Gateway.Admin.Incidents;
using Gateway.Admin.Security;
using Gateway.Admin.Status;
using Gateway.Configuration.Model;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Admin.Endpoints;

/// <summary>
/// The admin endpoint: a host of its own with limits of its own, so that operators work while users' traffic drowns. Nothing of it can be
/// reached through the public listener.
/// </summary>
internal sealed class AdminServer : IAsyncDisposable
{
    /// <summary>The header that says which gateway answered: machine and port of the admin endpoint, as in the fleet's list.</summary>
    public const string NameHeader = "Gateway-Name";

    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stopping = new();
    private readonly VerbRunner _runner;
    private readonly Verbs _verbs;
    private readonly ConfigVerbs _configVerbs;
    private readonly IncidentEndpoint _incidents;
    private readonly AdminSources _sources;
    private readonly AdminCredentials _credentials;
    private readonly StatusReader _reader;
    private readonly ImpactWatch _impact;

    /// <param name="config">Where it listens (port 0: any free one), and the tokens of which calls must carry one; none, which only
    /// loopback may do.</param>
    /// <param name="sources">What it shows and may do.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    /// <param name="aroundConnections">Stands around each connection; null: nothing does.</param>
    /// <param name="beforeRequests">Stands before each request; null: nothing does.</param>
    /// <param name="certificate">The certificate in force, asked for with each handshake; null: the endpoint does not speak TLS.</param>
    /// <param name="operators">The client certificates in force; null: those of the configuration.</param>
    public AdminServer(
        AdminConfig config,
        AdminSources sources,
        TimeProvider time,
        ILoggerFactory log,
        Func<ConnectionDelegate, ConnectionDelegate>? aroundConnections = null,
        Func<RequestDelegate, RequestDelegate>? beforeRequests = null,
        Func<SslStreamCertificateContext>? certificate = null,
        OperatorCertificates? operators = null)
    {
        var url = config.Url;
        _credentials = new AdminCredentials(config, certificate is not null, operators);
        _sources = sources;
        _app = Build(url, log, aroundConnections, certificate);

        var page = new StatusPage();
        _impact = new ImpactWatch(sources, time, log.CreateLogger<ImpactWatch>());
        _reader = new StatusReader(sources, _impact, time);
        _runner = new VerbRunner(sources.Records.Journal, time, log.CreateLogger<VerbRunner>());
        _verbs = new Verbs(sources, _runner, time);
        _configVerbs = new ConfigVerbs(sources, _runner, time);
        _incidents = new IncidentEndpoint(sources.Records.Incidents);
        var events = new EventStream(_reader, sources.Records.Journal, time, _stopping.Token);
        if (beforeRequests is not null)
        {
            _app.Use(beforeRequests);
        }

        _app.Use(next => new AdminGate(
            next, page, url.Host, _credentials, time, log.CreateLogger<AdminGate>()).InvokeAsync);
        _app.Use(next => context =>
        {
            // Behind the gate: without the token the machine's name is not told.
            if (!AdminGate.SeesStatusOnly(context))
            {
                context.Response.Headers[NameHeader] =
                    $"{Environment.MachineName}:{context.Connection.LocalPort.ToString(CultureInfo.InvariantCulture)}";
            }

            return next(context);
        });
        _app.UseRouting();
        Map(page, events, time);
    }

    /// <summary>Where it listens, once started; the port is the real one.</summary>
    public Uri Address =>
        new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
        ?? throw new InvalidOperationException("The admin endpoint is not started."));

    /// <summary>Tokens and client certificates from now on; those before are wrong at once.</summary>
    /// <exception cref="InvalidOperationException">Without either this port, which stays where it was opened, would be open to other
    /// machines; or the authorities cannot be read.</exception>
    public void UseCredentials(AdminConfig config) => _credentials.Replace(config);

    /// <summary>The report that <c>/status</c> shows, for the console of the demo.</summary>
    public StatusReport Status() => _reader.Read();

    /// <summary>Begins to listen.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => _app.StartAsync(cancellationToken);

    /// <summary>Ends streams of events, finishes what is being answered, and closes.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _app.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.DisposeAsync();
        _impact.Dispose();
        _runner.Dispose();
        _stopping.Dispose();
    }

    private WebApplication Build(
        Uri url,
        ILoggerFactory log,
        Func<ConnectionDelegate, ConnectionDelegate>? aroundConnections,
        Func<SslStreamCertificateContext>? certificate)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(log);
        builder.Services.Configure<KestrelServerOptions>(kestrel => AdminListener.Open(
            kestrel, url, aroundConnections, certificate, _credentials.Certificates));

        // Streams of events end at once when the port stops; nothing else here takes long.
        builder.Services.Configure<HostOptions>(static o => o.ShutdownTimeout = TimeSpan.FromSeconds(2));
        return builder.Build();
    }

    private void Map(StatusPage page, EventStream events, TimeProvider time)
    {
        _app.MapGet("/", context => page.WriteAsync(context));
        _app.MapGet("/status", context => AdminJson.WriteAsync(context, _reader.Read()));
        _app.MapGet("/events", events.WriteAsync);
        string[] asked = [HttpMethods.Get, HttpMethods.Head];
        _app.MapMethods("/livez", asked, Handle(static context => AdminGate.SeesStatusOnly(context)
            ? Task.CompletedTask
            : AdminJson.WriteAsync(context, new { live = true })));
        _app.MapMethods("/readyz", asked, Handle(ReadyzAsync));
        _app.MapGet("/metrics", MetricsAsync);
        _app.MapGet("/config", ConfigAsync);
        _app.MapGet("/journal", JournalAsync);
        _app.MapGet("/availability", AvailabilityAsync);
        _app.MapGet("/forecast", context => AdminJson.WriteAsync(context, ForecastReport.Of(_sources)));
        _app.MapGet("/runbooks", context => AdminJson.WriteAsync(
            context, RunbookReport.Of(_sources.Config().Config, _sources.Records.Runbooks.All, time.GetUtcNow())));
        _app.MapGet("/proofs", context => AdminJson.WriteAsync(context, ProofReport.Of(_sources, time.GetUtcNow())));
        _app.MapGet("/forecast/recording", RecordingAsync);
        _app.MapGet("/incidents", Handle(_incidents.ListAsync));
        _app.MapGet("/incidents/{name}", Handle(_incidents.ShowAsync));
        _app.MapGet("/last-good", context => LastGoodView.WriteAsync(context, _sources));
        _app.MapDelete("/last-good", Handle(_verbs.PurgeAsync));
        _app.MapPost("/config/reload", Handle(_configVerbs.ReloadAsync));
        _app.MapPost("/config/rollback", Handle(_configVerbs.RollbackAsync));
        _app.MapGet("/config/revisions", Handle(_configVerbs.ListAsync));
        _app.MapGet("/config/revisions/{revision}", Handle(_configVerbs.ShowAsync));
        _app.MapPost("/signals/alerts", Handle(context => AlertEndpoint.TakeAsync(context, _sources)));
        _app.MapPost("/signals/logs", Handle(context => LogLineEndpoint.TakeAsync(context, _sources)));
        _app.MapPost("/clusters/{cluster}/hold", Handle(_verbs.HoldAsync));
        _app.MapPost("/clusters/{cluster}/release", Handle(_verbs.ReleaseAsync));
        _app.MapPost("/clusters/{cluster}/destinations/{destination}/drain", Handle(_verbs.DrainAsync));
        _app.MapPost("/clusters/{cluster}/destinations/{destination}/ready", Handle(_verbs.ReadyAsync));
        _app.MapPost("/clusters/{cluster}/destinations/{destination}/weight", Handle(_verbs.WeightAsync));
    }

    // The overload for a RequestDelegate must be chosen: the other one builds a delegate by reflection.
    private static RequestDelegate Handle(RequestDelegate handler) => handler;

    private Task ReadyzAsync(HttpContext context)
    {
        var readiness = _sources.Readiness();
        if (AdminGate.SeesStatusOnly(context))
        {
            context.Response.StatusCode = readiness.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;

            // Marked as answered, so that the gate adds no words to it.
            return context.Response.StartAsync(context.RequestAborted);
        }

        return readiness.Ready
            ? AdminJson.WriteAsync(context, new { ready = true })
            : AdminJson.WriteAsync(context, new { ready = false, why = readiness.Why }, StatusCodes.Status503ServiceUnavailable);
    }

    private Task MetricsAsync(HttpContext context)
    {
        var open = PrometheusText.WantsOpenMetrics(context.Request.Headers.Accept);
        context.Response.ContentType = open ? PrometheusText.OpenMetricsType : PrometheusText.TextType;
        return context.Response.WriteAsync(
            PrometheusText.Write(_sources.Instruments.Collect(ProcessFigures.Families), open),
            context.RequestAborted);
    }

    private async Task RecordingAsync(HttpContext context)
    {
        context.Response.ContentType = "application/x-ndjson";
        foreach (var second in _sources.Recorded())
        {
            await context.Response.WriteAsync(second.ToLine() + "\n", context.RequestAborted);
        }
    }

    private Task ConfigAsync(HttpContext context)
    {
        var state = _sources.Config();
        return context.Response.WriteAsJsonAsync(
            new { Status = ConfigStatus.Of(state), Config = ConfigView.Hide(state.Config) }, ConfigView.Options, context.RequestAborted);
    }

    private async Task JournalAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var count = int.TryParse(query["count"], NumberStyles.None, CultureInfo.InvariantCulture, out var most)
            ? Math.Clamp(most, 1, 1000)
            : 100;
        var before = long.TryParse(query["before"], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : long.MaxValue;
        var cluster = query["cluster"] is [{ Length: > 0 } name, ..] ? name : null;
        var wanted = new JournalQuery(count) { Before = before, Cluster = cluster, ActsOnly = query["acts"] is ["true", ..] };
        if (wanted.ActsOnly && _sources.Records.Alarm is { } alarm)
        {
            // An audit that lacks what is on the disk would look like a whole one.
            await AdminJson.ProblemAsync(context, 503, alarm);
            return;
        }

        var entries = await _sources.Records.ReadJournalAsync(wanted, context.RequestAborted);
        var known = _sources.Clusters().Select(static c => c.Name).ToArray();

        // One that left the configuration still has its entries; those of the whole gateway belong to none.
        if (cluster is not null
            && !entries.Any(e => string.Equals(e.Cluster, cluster, StringComparison.Ordinal))
            && !known.Contains(cluster, StringComparer.Ordinal))
        {
            await AdminJson.ProblemAsync(
                context,
                404,
                $"There is no cluster \"{VerbText.Shown(cluster)}\", and no entry of one.{VerbText.Meant(cluster, known)} The clusters are "
                    + $"{string.Join(", ", known.Select(static n => $"\"{n}\""))}.");
            return;
        }

        await AdminJson.WriteAsync(context, entries);
    }

    private async Task AvailabilityAsync(HttpContext context)
    {
        var name = context.Request.Query["window"] is [{ Length: > 0 } given, ..] ? given : "24h";
        if (AvailabilityView.Window(name) is not { } window)
        {
            await AdminJson.ProblemAsync(context, 400, "The \"window\" is no duration from 1m to 730d. Write 1h, 24h or 30d.");
            return;
        }

        var clusters = await AvailabilityView.ReadAsync(_sources.Config().Config, _sources.Records, name, window, context.RequestAborted);
        await (clusters is null
            ? AdminJson.ProblemAsync(context, 503, _sources.Records.Alarm ?? "The ledger has no file yet. Try again in a moment.")
            : AdminJson.WriteAsync(context, clusters));
    }
}
