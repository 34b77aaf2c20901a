using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding.Requests;

/// <summary>
/// Gives each request the id by which it is found everywhere: <c>X-Request-Id</c> to the destination and in the response, the log, the
/// span, and the body of an error. A trusted proxy's is kept; any other is replaced by a UUID of version 7, which sorts by time. Until the
/// request has ended it is its <see cref="HttpContext.TraceIdentifier"/>.
/// </summary>
/// <param name="trusted"><c>trustedProxies</c> now.</param>
/// <param name="time">The clock.</param>
internal sealed class RequestIds(Func<ImmutableArray<IPNetwork>> trusted, TimeProvider time)
{
    /// <summary>The header.</summary>
    public const string Header = "X-Request-Id";

    /// <summary>The longest id that is kept, in characters.</summary>
    public const int Longest = 128;

    // One for all requests: the response is the state.
    private static readonly Func<object, Task> WriteToResponse = static state =>
    {
        var context = (HttpContext)state;
        context.Response.Headers[Header] = context.TraceIdentifier;
        return Task.CompletedTask;
    };

    /// <summary>
    /// Stands before everything that responds. The response gets its header as it starts, whatever writes it, in
    /// place of a destination's own.
    /// </summary>
    public RequestDelegate Before(RequestDelegate next) => context =>
    {
        context.TraceIdentifier = IdOf(context);
        context.Response.OnStarting(WriteToResponse, context);
        return next(context);
    };

    /// <summary>True: this header is ours to write. CGI, WSGI and PHP read the name with underscores as the same one.</summary>
    public static bool Owns(string name) =>
        name.Length == Header.Length && (name[0] | 0x20) == 'x'
        && (name.Equals(Header, StringComparison.OrdinalIgnoreCase)
            || (name.Contains('_', StringComparison.Ordinal) && name.Replace('_', '-').Equals(Header, StringComparison.OrdinalIgnoreCase)));

    /// <summary>
    /// The id if there is one that can be kept: visible ASCII, at most <see cref="Longest"/> characters, said once; else null.
    /// </summary>
    public static string? Read(StringValues values) =>
        values is [{ Length: > 0 and <= Longest } id] && !id.AsSpan().ContainsAnyExceptInRange('!', '~') ? id : null;

    private string IdOf(HttpContext context)
    {
        var networks = trusted();
        return (!networks.IsEmpty && TrustedProxies.Trust(networks, context) ? Read(context.Request.Headers[Header]) : null)
            ?? TimeOrderedId.New(time.GetUtcNow()).ToString();
    }
}
