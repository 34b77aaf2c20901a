using System.Buffers;
using System.IO.Compression;
using System.Text;
using Gateway.Failover;
using Gateway.Forwarding.Attempts;
using Gateway.Forwarding.Requests;
using Gateway.Health.Model;
using Gateway.Health.Rules;
using Gateway.Observability.Metrics;
using Gateway.Upstream;

namespace Gateway.Forwarding.Mirroring;

/// <summary>One read that another tier gets as well: what the user got of it, and the exchange with the other tier.</summary>
internal sealed class MirroredRead
{
    /// <summary>Bytes of a body that are read; a longer one has no known size.</summary>
    private const int LongestBody = 4 * 1024 * 1024;

    /// <summary>Bytes of a body whose shape is looked at, decoded or not.</summary>
    private const int LongestDocument = 256 * 1024;

    /// <summary>How long the body may take after the head.</summary>
    private static readonly TimeSpan BodyWithin = TimeSpan.FromSeconds(10);

    private readonly MirroredRoute _route;
    private readonly CompiledRoute _plan;
    private readonly TierSnapshot _tier;
    private readonly Destination _destination;
    private readonly string _target;
    private readonly string _firstTier;
    private readonly byte[]? _document;
    private readonly bool _isWhole;
    private MirroredResponse _first;

    /// <param name="route">The mirrored reads of the route, of which this one was taken.</param>
    /// <param name="plan">The route's plan.</param>
    /// <param name="tier">The tier that gets it as well.</param>
    /// <param name="destination">One of its destinations.</param>
    /// <param name="target">Path and query.</param>
    /// <param name="served">Whose response the user gets; its body is still here.</param>
    public MirroredRead(
        MirroredRoute route, CompiledRoute plan, TierSnapshot tier, Destination destination, string target, Attempt served)
    {
        (_route, _plan, _tier, _destination, _target) = (route, plan, tier, destination, target);
        _firstTier = served.Tier.Name;
        _first = Of(served.Response!, served.ToHead) with { Path = PathOf(target) };
        if (served.Buffered is { IsWhole: true } whole)
        {
            _isWhole = true;
            _document = IsJson(_first.Type) ? whole.Bytes.ToArray() : null;
            _first = _first with { Size = whole.Bytes.Length };
        }
    }

    /// <summary>
    /// The handler is done with the user's response. If it was served, the read goes to the other tier once the server has sent all of it;
    /// the user's request is not needed any more after that.
    /// </summary>
    /// <param name="context">The user's request.</param>
    /// <param name="size">Bytes of the response; null: not known.</param>
    /// <param name="isServed">The user gets all of it.</param>
    public void End(HttpContext context, long? size, bool isServed)
    {
        if (!isServed)
        {
            _route.Return();
            return;
        }

        _first = _first with { Size = _first.Size ?? size };
        context.Response.OnCompleted(() =>
        {
            _destination.Begin();
            _tier.Load.Enter();
            _ = RunAsync(context);
            return Task.CompletedTask;
        });
    }

    private async Task RunAsync(HttpContext context)
    {
        try
        {
            if (await ExchangeAsync(context).ConfigureAwait(false) is { } other)
            {
                _route.Compare(_firstTier, _first with { Shape = ShapeOf(_first, _document) }, _tier.Name, other);
            }
        }
        finally
        {
            _tier.Load.Leave();
            _destination.End();
            _route.Return();
        }
    }

    /// <summary>What the other tier responds; null: what came of it says nothing of the tier.</summary>
    private async Task<MirroredResponse?> ExchangeAsync(HttpContext context)
    {
        var time = _plan.Traffic.Time;
        var began = time.GetTimestamp();
        using var deadline = new CancellationTokenSource(_plan.ClusterConfig.Timeouts.FirstByte, time);
        AttemptRequest? request = null;
        var hasHead = false;
        try
        {
            request = AttemptRequest.To(_plan, _plan.EndpointOf(_destination), context, _target, body: null);
            using var response = await request.SendAsync(traceParent: null, deadline.Token).ConfigureAwait(false);
            var other = Of(response, time.GetElapsedTime(began));
            hasHead = true;
            deadline.CancelAfter(BodyWithin);
            var (size, document) = await ReadAsync(response, _isWhole, deadline.Token).ConfigureAwait(false);

            // The thread that read it has other connections to read.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return other with { Size = size, Shape = ShapeOf(other, document) };
        }
        catch (Exception) when (request is null)
        {
            // It cannot be written.
            return null;
        }
        catch (Exception e)
        {
            var outcome = AttemptOutcome.Of(
                request!, e, hasHead, isOutOfTime: deadline.IsCancellationRequested, awaitedClient: false, isCancelled: false);
            return outcome is { Result: AttemptResult.Local } or { WasStale: true } || LocalFailure.Is(e)
                ? null
                : new MirroredResponse(0, time.GetElapsedTime(began)) { Failure = FailureCauses.WordsOf(CauseOf(outcome)) };
        }
    }

    private static FailureCause CauseOf(in AttemptOutcome outcome) => outcome.Result switch
    {
        AttemptResult.Timeout => FailureCause.Timeout,
        AttemptResult.Truncated => FailureCause.Truncated,
        _ => FailureCauses.Of(outcome.Failure) is not FailureCause.None and var cause ? cause : FailureCause.NoConnection,
    };

    private static MirroredResponse Of(UpstreamResponse response, TimeSpan toHead)
    {
        var coding = response.Header("Content-Encoding").ToString();
        return new MirroredResponse(response.Status, toHead)
        {
            Type = MediaTypeOf(response.Header("Content-Type").ToString()),
            Coding = coding.Length == 0 || string.Equals(coding, "identity", StringComparison.OrdinalIgnoreCase) ? null : coding,
        };
    }

    // Without the query, which may hold what is nobody's business.
    private static string? PathOf(string target)
    {
        var path = target.AsSpan(0, target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var end ? end : target.Length);
        return path.Length > 100 || path.ContainsAnyExceptInRange('!', '~') ? null : path.ToString();
    }

    private static string? MediaTypeOf(string value)
    {
        var end = value.IndexOf(';', StringComparison.Ordinal);
        var type = (end < 0 ? value : value[..end]).Trim();
        return type.Length is 0 or > 100 || !Ascii.IsValid(type) || type.Any(char.IsControl) ? null : type.ToLowerInvariant();
    }

    private static bool IsJson(string? type) =>
        type is "application/json" || type?.EndsWith("+json", StringComparison.Ordinal) is true;

    /// <summary>The length of the body, and all of it if that is little; a body without an end in sight has no length.</summary>
    /// <param name="response">The response.</param>
    /// <param name="mustEnd">The first tier's came at once: one that takes long is no response.</param>
    /// <param name="cancellationToken">It takes too long.</param>
    private static async Task<(long? Size, byte[]? Document)> ReadAsync(
        UpstreamResponse response, bool mustEnd, CancellationToken cancellationToken)
    {
        if (!response.IsToBeRead)
        {
            return (0, null);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            using var document = new MemoryStream();
            long size = 0;
            while (size <= LongestBody)
            {
                var count = await response.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    return (size, size <= LongestDocument ? document.ToArray() : null);
                }

                size += count;
                if (size <= LongestDocument)
                {
                    document.Write(buffer.AsSpan(0, count));
                }
            }

            return (null, null);
        }
        catch (OperationCanceledException) when (!mustEnd)
        {
            return (null, null);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static IReadOnlyCollection<string>? ShapeOf(MirroredResponse response, byte[]? document) =>
        document is null || !response.IsSuccess || !IsJson(response.Type) ? null
        : response.Coding is { } coding ? ShapeOfCoded(document, coding)
        : JsonShape.Of(document);

    private static IReadOnlyCollection<string>? ShapeOfCoded(byte[] document, string coding)
    {
        using var encoded = new MemoryStream(document);
        using Stream? decoder = coding.ToLowerInvariant() switch
        {
            "gzip" => new GZipStream(encoded, CompressionMode.Decompress),
            "br" => new BrotliStream(encoded, CompressionMode.Decompress),
            _ => null,
        };
        if (decoder is null)
        {
            return null;
        }

        var plain = ArrayPool<byte>.Shared.Rent(LongestDocument);
        try
        {
            var count = decoder.ReadAtLeast(plain.AsSpan(0, LongestDocument), LongestDocument, throwOnEndOfStream: false);
            return count == LongestDocument ? null : JsonShape.Of(plain.AsSpan(0, count));
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain);
        }
    }
}
