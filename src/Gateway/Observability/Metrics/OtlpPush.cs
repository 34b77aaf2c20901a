using Gateway.Observability.Tracing;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Gateway.Observability.Metrics;

/// <summary>
/// Pushes metrics and traces to an OTLP collector. Spans wait in a bounded buffer of the exporter and are dropped when the collector
/// cannot keep up; no request waits for it.
/// </summary>
internal sealed class OtlpPush : IDisposable
{
    /// <summary>Between two pushes of the metrics.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(10);

    private const int GrpcPort = 4317;
    private const int HttpPort = 4318;
    private const int StopWithinMs = 1000;

    private readonly MeterProvider _metrics;
    private readonly TracerProvider _traces;

    /// <param name="collector">Where it listens; see <see cref="ProtocolOf"/>.</param>
    /// <param name="version">The gateway's version, for the resource.</param>
    /// <param name="interval">Between two pushes of the metrics.</param>
    public OtlpPush(Uri collector, string version, TimeSpan interval)
    {
        var resource = ResourceBuilder.CreateEmpty().AddService(
            "gateway",
            serviceVersion: version,
            serviceInstanceId: Environment.MachineName);
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(Instruments.MeterName, "System.Runtime")
            .AddOtlpExporter((exporter, reader) =>
            {
                Configure(exporter, collector, "v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)interval.TotalMilliseconds;
            })
            .Build();
        _traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .SetSampler(new ParentBasedSampler(new AlwaysOnSampler()))
            .AddSource(Traces.SourceName)
            .AddOtlpExporter(exporter =>
            {
                Configure(exporter, collector, "v1/traces");
                exporter.BatchExportProcessorOptions = new BatchExportActivityProcessorOptions
                {
                    ScheduledDelayMilliseconds = (int)Math.Min(5000, interval.TotalMilliseconds),
                    // A second of the most spans that are made, two a request: a collector that pauses for that long loses none.
                    MaxQueueSize = 2 * Traces.MaxASecond,
                };
            })
            .Build();
    }

    /// <summary>
    /// HTTP with protobuf on port 4318 and wherever the URL has a path, to which <c>v1/metrics</c> and <c>v1/traces</c> are added; else
    /// gRPC.
    /// </summary>
    internal static OtlpExportProtocol ProtocolOf(Uri collector) =>
        collector.Port == HttpPort || (collector.Port != GrpcPort && collector.AbsolutePath is not "/")
            ? OtlpExportProtocol.HttpProtobuf
            : OtlpExportProtocol.Grpc;

    /// <summary>Pushes what waits, for a second at most each, and ends.</summary>
    public void Dispose()
    {
        _traces.Shutdown(StopWithinMs);
        _metrics.Shutdown(StopWithinMs);
        _traces.Dispose();
        _metrics.Dispose();
    }

    private static void Configure(OtlpExporterOptions exporter, Uri collector, string signal)
    {
        exporter.Protocol = ProtocolOf(collector);
        exporter.TimeoutMilliseconds = 5000;
        exporter.Endpoint = exporter.Protocol == OtlpExportProtocol.Grpc
            ? collector
            : new UriBuilder(collector) { Path = $"{collector.AbsolutePath.TrimEnd('/')}/{signal}" }.Uri;
    }
}
