using System.Net;
using Gateway.Configuration.Model;
using Gateway.Health.Model;

namespace Gateway.Health.Probing;

/// <summary>
/// Sends single probes to one destination, each over a new connection: a probe proves that one can still be made, and never waits behind
/// traffic. When to probe is the loop's decision.
/// </summary>
internal sealed class Prober : IDisposable
{
    /// <summary>A probe that ended this long after its own deadline says more about us than about the destination.</summary>
    private static readonly TimeSpan OurDelay = TimeSpan.FromMilliseconds(500);

    /// <summary>How often an http destination that speaks HTTP/1.1 is looked at for HTTP/2 while requests need it.</summary>
    private static readonly TimeSpan LookForHttp2Every = TimeSpan.FromSeconds(60);

    private readonly Destination _destination;
    private readonly TimeProvider _time;
    private readonly ProbeExchange _exchange;
    private bool _spokeHttp11;
    private long? _lookedForHttp2At;

    public Prober(Destination destination, TimeProvider time)
    {
        _destination = destination;
        _time = time;
        _exchange = new ProbeExchange(destination, time);
    }

    /// <summary>
    /// One probe. Never throws, but for <paramref name="cancellationToken"/>; whatever else goes wrong is a failed probe.
    /// </summary>
    public async Task<ProbeResult> ProbeAsync(ProbeConfig probe, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        using var deadline = new CancellationTokenSource(probe.Timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var result = probe.Type == ProbeType.Http
            ? await AskAsync(probe, deadline.Token, both.Token).ConfigureAwait(false)
            : await _exchange.RunAsync(probe, probe.Type == ProbeType.Grpc, deadline.Token, both.Token).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var duration = _time.GetElapsedTime(started);
        result = result with { Duration = duration, Connect = _exchange.Connected, CertificateEndsAt = _exchange.CertificateEndsAt };
        return result with
        {
            OurFault = result.OurFault
            || (result.Outcome == ProbeOutcome.TimedOut && duration > probe.Timeout + OurDelay)
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _exchange.Dispose();

    // Without TLS nothing is negotiated, and what serves gRPC there often speaks HTTP/2 alone: it answers HTTP/1.1 with a 400 or not in
    // HTTP. Until a destination has spoken HTTP/1.1, a probe that met this asks once more in HTTP/2.
    private async Task<ProbeResult> AskAsync(ProbeConfig probe, CancellationToken deadline, CancellationToken both)
    {
        var asked = _destination.SpeaksHttp2Alone;
        var first = await _exchange.RunAsync(probe, asked, deadline, both).ConfigureAwait(false);
        if (asked)
        {
            // The server that took its place may speak another protocol: the next probe finds out.
            _destination.SpeaksHttp2Alone = first.Outcome != ProbeOutcome.Broken;
            return first;
        }

        var isUnclear = first.Outcome == ProbeOutcome.Broken || first.Status == (int)HttpStatusCode.BadRequest;
        _spokeHttp11 |= !isUnclear && first.Status > 0;
        await LookForHttp2Async(probe, first, deadline, both).ConfigureAwait(false);
        if (!isUnclear || _spokeHttp11 || _exchange.IsTls)
        {
            return first;
        }

        var second = await _exchange.RunAsync(probe, http2: true, deadline, both).ConfigureAwait(false);
        _destination.SpeaksHttp2Alone = second.Status > 0;
        return second.Status > 0 ? second : first;
    }

    // A destination may speak HTTP/2 beside HTTP/1.1; that is looked for only once requests need it, and not at each probe.
    private async Task LookForHttp2Async(ProbeConfig probe, ProbeResult first, CancellationToken deadline, CancellationToken both)
    {
        if (!first.Passed
            || _exchange.IsTls
            || !_destination.Http2Wanted
            || (_lookedForHttp2At is { } looked && _time.GetElapsedTime(looked) < LookForHttp2Every))
        {
            return;
        }

        _lookedForHttp2At = _time.GetTimestamp();
        var found = await _exchange.RunAsync(probe, http2: true, deadline, both).ConfigureAwait(false);
        _destination.FoundHttp2(found.Status > 0);
    }
}
