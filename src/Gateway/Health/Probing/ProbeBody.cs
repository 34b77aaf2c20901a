using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;
using Gateway.Health.Model;

namespace Gateway.Health.Probing;

/// <summary>What a probe expects of a response's body.</summary>
internal static class ProbeBody
{
    private const int Most = 64 * 1024;

    /// <summary>
    /// Reads the body to its end or to 64 KiB, even when no text is expected: a body that hangs is an ill destination, one of 10 MB is not
    /// our memory's business.
    /// </summary>
    public static async Task<FailureCause> JudgeAsync(HttpResponseMessage response, ProbeConfig probe, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Most);
        try
        {
            var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                var length = await body.ReadAtLeastAsync(
                    buffer.AsMemory(0, Most),
                    Most,
                    throwOnEndOfStream: false,
                    cancellationToken).ConfigureAwait(false);
                if (!string.IsNullOrEmpty(probe.ExpectBody)
                    && buffer.AsSpan(0, length).IndexOf(Encoding.UTF8.GetBytes(probe.ExpectBody)) < 0)
                {
                    return FailureCause.UnexpectedBody;
                }

                return probe.ExpectJson.IsEmpty || HasAll(buffer.AsMemory(0, length), probe.ExpectJson)
                    ? FailureCause.None
                    : FailureCause.UnexpectedJson;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Whether a body is JSON with every value that is expected.</summary>
    public static bool HasAll(ReadOnlyMemory<byte> body, ImmutableArray<ExpectedJson> expected)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return expected.All(value => JsonPlace.TryParse(value.Path, out var place)
                && place.Find(json.RootElement) is { } found
                && JsonPlace.Is(found, value.Value));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A string that is not valid Unicode fails only when it is read.
            return false;
        }
    }
}
