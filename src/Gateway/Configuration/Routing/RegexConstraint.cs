using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Configuration.Routing;

/// <summary>
/// The inline constraint <c>regex(…)</c>. ASP.NET's own may backtrack for ten seconds on a path that a client chose, and fails the
/// request then. Here an expression runs in linear time; one that only backtracking can run is cut off after <see cref="Longest"/>, and
/// the value then does not match.
/// </summary>
internal sealed class RegexConstraint : IRouteConstraint
{
    /// <summary>
    /// Longest match of an expression that backtracks. It is the clock's time, not the processor's: on a machine that has too much to do, a
    /// short match takes long too, and must not be told as none.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(100);

    // As ASP.NET has it: what "regex" means in a route pattern stays the same.
    private const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;

    private readonly Regex _expression;

    /// <exception cref="ArgumentException">The text is not a regular expression.</exception>
    public RegexConstraint(string regexPattern)
    {
        try
        {
            // Linear in a target that limits.requestHeaders bounds.
            _expression = new Regex(regexPattern, Options | RegexOptions.NonBacktracking, Regex.InfiniteMatchTimeout);
        }
        catch (NotSupportedException)
        {
            // Lookarounds, backreferences, atomic groups.
            _expression = new Regex(regexPattern, Options | RegexOptions.Compiled, Longest);
            Backtracks = true;
        }
    }

    /// <summary>True: the expression cannot run in linear time.</summary>
    public bool Backtracks { get; }

    /// <inheritdoc/>
    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection)
    {
        if (!values.TryGetValue(routeKey, out var value) || value is null)
        {
            return false;
        }

        try
        {
            return _expression.IsMatch(value as string ?? Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
