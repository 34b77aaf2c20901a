using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Gateway.Health.Kubernetes;

/// <summary>Reads a watch: a line of JSON for each event.</summary>
internal static class WatchStream
{
    // A slice, which is one event, has a thousand endpoints at most.
    private const int LongestEvent = 8 * 1024 * 1024;

    /// <summary>Reads until the stream ends.</summary>
    /// <param name="reader">The stream; completed at the end.</param>
    /// <param name="change">Told each event, and whether another one is there already.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="KubernetesException">The API server ends the watch with an error.</exception>
    /// <exception cref="JsonException">A line is no event.</exception>
    public static async Task ReadAsync(PipeReader reader, Func<SliceEvent, bool, ValueTask> change, CancellationToken cancellationToken)
    {
        SliceEvent? last = null;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var left = read.Buffer;
                while (left.PositionOf((byte)'\n') is { } end)
                {
                    var line = left.Slice(0, end);
                    left = left.Slice(left.GetPosition(1, end));
                    if (!line.IsEmpty && EventOf(line) is { } next)
                    {
                        if (last is not null)
                        {
                            await change(last, true).ConfigureAwait(false);
                        }

                        last = next;
                    }
                }

                if (last is not null)
                {
                    await change(last, false).ConfigureAwait(false);
                    last = null;
                }

                reader.AdvanceTo(left.Start, left.End);
                if (read.IsCompleted)
                {
                    return;
                }

                if (left.Length > LongestEvent)
                {
                    throw new KubernetesException("The API server sent an event that is too long");
                }
            }
        }
        finally
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    private static SliceEvent EventOf(in ReadOnlySequence<byte> line)
    {
        if (Parse(line, KubernetesJson.Default.WatchEventType).Type is not "ERROR")
        {
            return Parse(line, KubernetesJson.Default.SliceEvent);
        }

        var status = Parse(line, KubernetesJson.Default.ErrorEvent).Object;
        var why = ApiText.Clean(status?.Message) ?? ApiText.Clean(status?.Reason) ?? "it does not say why";
        throw new KubernetesException($"The API server ended the watch: {why}")
        {
            IsGone = status is { Code: 410 } or { Reason: "Expired" or "Gone" },
        };
    }

    private static T Parse<T>(in ReadOnlySequence<byte> line, JsonTypeInfo<T> type)
    {
        var reader = new Utf8JsonReader(line);
        return JsonSerializer.Deserialize(ref reader, type) ?? throw new JsonException();
    }
}
