using System.Numerics;
using Microsoft.Extensions.Primitives;

namespace Gateway.LastGood.Policy;

/// <summary>
/// Finds the request header whose values set a route's requests apart, so that low coverage has a name. Lock-free, of fixed size, for one
/// hour at a time.
/// </summary>
internal sealed class SplitHeaders
{
    /// <summary>A header with fewer values does not explain why keys are never met again.</summary>
    public const int Notable = 8;

    /// <summary>From so many on a header is told in the log.</summary>
    public const int Alarming = 32;

    private Hour _hour = new(-1);

    /// <summary>Counts the value of a header on a request that no stored response could have been given to.</summary>
    /// <param name="hour">On a clock that only grows.</param>
    /// <returns>True: the header has just become alarming, once an hour.</returns>
    public bool Count(string name, StringValues values, long hour)
    {
        var current = Volatile.Read(ref _hour);
        if (current.Number != hour)
        {
            var next = new Hour(hour);
            current = Interlocked.CompareExchange(ref _hour, next, current) == current ? next : Volatile.Read(ref _hour);
        }

        return current.Of(name)?.Add(values) ?? false;
    }

    /// <summary>The header with the most values; null: none has enough of them.</summary>
    public string? Most(long hour)
    {
        var current = Volatile.Read(ref _hour);
        return current.Number < hour - 1 ? null : current.Most();
    }

    // The first headers that come; a client that sends others of its own each time cannot make this grow.
    private sealed class Hour(long number)
    {
        private const int Headers = 16;
        private readonly Header?[] _headers = new Header?[Headers];

        public long Number { get; } = number;

        public Header? Of(string name)
        {
            for (var i = 0; i < Headers; i++)
            {
                var header = Volatile.Read(ref _headers[i]);
                if (header is null)
                {
                    var made = new Header(name);
                    header = Interlocked.CompareExchange(ref _headers[i], made, null) ?? made;
                }

                if (string.Equals(header.Name, name, StringComparison.OrdinalIgnoreCase))
                {
                    return header;
                }
            }

            return null;
        }

        public string? Most()
        {
            Header? most = null;
            for (var i = 0; i < Headers && Volatile.Read(ref _headers[i]) is { } header; i++)
            {
                most = header.Values >= Notable && header.Values > (most?.Values ?? 0) ? header : most;
            }

            return most?.Name;
        }
    }

    // One bit for each 64th of all values: enough to tell one, some and very many apart.
    private sealed class Header(string name)
    {
        private long _seen;

        public string Name { get; } = name;

        public int Values => BitOperations.PopCount((ulong)Interlocked.Read(ref _seen));

        public bool Add(StringValues values)
        {
            var bit = 1L << (string.GetHashCode(values.Count == 1 ? values[0] : values.ToString(), StringComparison.Ordinal) & 63);
            var before = Interlocked.Or(ref _seen, bit);
            return (before & bit) == 0 && BitOperations.PopCount((ulong)before) + 1 == Alarming;
        }
    }
}
