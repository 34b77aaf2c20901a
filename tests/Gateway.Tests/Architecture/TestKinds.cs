using System.Diagnostics;
using System.Net.Sockets;
using System.Reflection;
using Gateway.Drills.Processes;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Builder;

namespace Gateway.Tests.Architecture;

/// <summary>
/// What the tests of a class need, as their trait <c>kind</c> says it: <c>unit</c> nothing, <c>socket</c> sockets of this process,
/// <c>process</c> programs, <c>server</c> servers of other makers, <c>browser</c> Chromium. The last of these that applies counts.
/// </summary>
internal static class TestKinds
{
    /// <summary>From what needs least to what needs most.</summary>
    public static readonly string[] All = ["unit", "socket", "process", "server", "browser"];

    private static readonly Assembly Tests = typeof(TestKinds).Assembly;
    private static readonly Assembly Drills = typeof(GatewayProcess).Assembly;

    private static readonly Dictionary<Type, string> Needs = new()
    {
        [typeof(Socket)] = "socket",
        [typeof(TcpClient)] = "socket",
        [typeof(TcpListener)] = "socket",
        [typeof(UdpClient)] = "socket",
        [typeof(HttpClient)] = "socket",
        [typeof(WebApplication)] = "socket",
        [typeof(Process)] = "process",
        [typeof(ProcessStartInfo)] = "process",
        [typeof(RedisServer)] = "server",
        [typeof(NginxServer)] = "server",
        [typeof(PebbleServer)] = "server",
        [typeof(Browser)] = "browser",
    };

    /// <summary>Each class that has tests, and the kind that what it refers to makes of it.</summary>
    public static Dictionary<Type, string> OfClasses()
    {
        bool IsWanted(Type type) => type.Assembly == Tests || type.Assembly == Drills || Needs.ContainsKey(type);
        var references = TypeReferences.Of(Tests, IsWanted);
        foreach (var (type, targets) in TypeReferences.Of(Drills, IsWanted))
        {
            references[type] = targets;
        }

        return Tests.GetTypes()
            .Where(static type => type.GetMethods().Any(static method => method.IsDefined(typeof(Xunit.FactAttribute), inherit: true)))
            .ToDictionary(static type => type, type => KindOf(type, references));
    }

    private static string KindOf(Type type, Dictionary<Type, HashSet<Type>> references)
    {
        // This class names what it looks for, and needs none of it.
        var (seen, todo, most) = (new HashSet<Type> { type, typeof(TestKinds) }, new Stack<Type>([type]), 0);
        while (todo.TryPop(out var next))
        {
            most = Math.Max(most, Needs.TryGetValue(next, out var kind) ? Array.IndexOf(All, kind) : 0);
            foreach (var target in references.GetValueOrDefault(next) ?? [])
            {
                if (seen.Add(target))
                {
                    todo.Push(target);
                }
            }
        }

        return All[most];
    }
}
