using System.Diagnostics;
using System.Globalization;

namespace Gateway.Observability.Metrics;

/// <summary>
/// The process and its runtime under the names that Prometheus' users know. Push exporters do not need them: there the
/// runtime's own meter has them.
/// </summary>
internal static class ProcessFigures
{
    /// <summary>Read anew at each scrape.</summary>
    public static readonly MetricFamily[] Families =
    [
        new("process_cpu_seconds_total", "Processor time used, in seconds.", MetricKind.Counter,
            static () => [new(Environment.CpuUsage.TotalTime.TotalSeconds)]),
        new("process_resident_memory_bytes", "Memory in RAM, in bytes.", MetricKind.Gauge, static () => [new(Environment.WorkingSet)]),
        new(
            "process_virtual_memory_bytes",
            "Address space, in bytes.",
            MetricKind.Gauge,
            static () => Own(static p => p.VirtualMemorySize64)),
        new("process_start_time_seconds", "Start of the process, in seconds since 1970.", MetricKind.Gauge,
            static () => Own(static p => new DateTimeOffset(p.StartTime).ToUnixTimeMilliseconds() / 1000.0)),
        new("process_open_fds", "Open file descriptors.", MetricKind.Gauge, OpenDescriptors),
        new("process_max_fds", "File descriptors allowed.", MetricKind.Gauge, MaxDescriptors),
        new("process_num_threads", "Threads of the process.", MetricKind.Gauge, static () => Own(static p => p.Threads.Count)),
        new("dotnet_collection_count_total", "Garbage collections, by the oldest generation collected.", MetricKind.Counter,
            static () => [Collections(0), Collections(1), Collections(2)]),
        new(
            "dotnet_total_memory_bytes",
            "Managed memory in use, in bytes.",
            MetricKind.Gauge,
            static () => [new(GC.GetTotalMemory(false))]),
        new("dotnet_gc_allocated_bytes_total", "Managed memory allocated, in bytes.", MetricKind.Counter,
            static () => [new(GC.GetTotalAllocatedBytes())]),
        new("dotnet_gc_pause_seconds_total", "Time that collections stopped the process, in seconds.", MetricKind.Counter,
            static () => [new(GC.GetTotalPauseDuration().TotalSeconds)]),
        new("dotnet_threadpool_num_threads", "Threads of the pool.", MetricKind.Gauge, static () => [new(ThreadPool.ThreadCount)]),
        new("dotnet_threadpool_queue_length", "Work that waits for a thread of the pool.", MetricKind.Gauge,
            static () => [new(ThreadPool.PendingWorkItemCount)]),
        new("dotnet_contention_total", "Waits for a lock.", MetricKind.Counter, static () => [new(Monitor.LockContentionCount)]),
    ];

    /// <summary>File descriptors that the process has; null: the system does not say.</summary>
    public static long? DescriptorCount =>
        Directory.Exists("/proc/self/fd") ? Directory.EnumerateFileSystemEntries("/proc/self/fd").LongCount() : null;

    /// <summary>File descriptors that it may have; null: the system does not say, or there is no limit.</summary>
    public static long? DescriptorLimit
    {
        get
        {
            const string title = "Max open files";
            if (!File.Exists("/proc/self/limits"))
            {
                return null;
            }

            var line = File.ReadLines("/proc/self/limits").FirstOrDefault(static l => l.StartsWith(title, StringComparison.Ordinal));
            return long.TryParse(
                line?[title.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0],
                CultureInfo.InvariantCulture,
                out var limit) ? limit : null;
        }
    }

    private static Sample Collections(int generation) =>
        new(GC.CollectionCount(generation), new KeyValuePair<string, object?>("generation", generation));

    private static Sample[] Own(Func<Process, double> read)
    {
        using var process = Process.GetCurrentProcess();
        return [new(read(process))];
    }

    private static Sample[] OpenDescriptors() => DescriptorCount is { } count ? [new(count)] : [];

    private static Sample[] MaxDescriptors() => DescriptorLimit is { } limit ? [new(limit)] : [];
}
