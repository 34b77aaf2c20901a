using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace SampleGuide;

/// <summary>What the command line asks for.</summary>
internal sealed record GuideOptions
{
    /// <summary>The port; 0 takes any free one.</summary>
    public required int Port { get; init; }

    /// <summary>
    /// The address that it listens on. Default: 127.0.0.1, since its fault switches are open to every client that reaches it.
    /// </summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Stands in every response as <c>X-Guide</c> and <c>source</c>. Default: <c>guide-PORT</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The fault to start with. Default: none.</summary>
    public Fault Fault { get; init; } = Fault.None;

    /// <summary>A file to which every executed order is appended, one a line. Default: null, orders are only counted.</summary>
    public string? Orders { get; init; }

    /// <summary>What the guide takes for each response, health and fault switches excepted. Default: nothing.</summary>
    public TimeSpan Latency { get; init; }

    public const string Help =
        """
        sample-guide --port N [--name NAME] [--fault MODE] [--orders FILE] [--latency 5ms] [--address 127.0.0.1]

          An AI shopping guide to stand behind the gateway.

          GET  /health                               'ok'
          GET  /api/guide/recommend?user=&category=  recommendations, JSON
          GET  /api/guide/trending/CATEGORY          what is in demand, JSON
          GET  /api/guide/chat?tokens=&intervalMs=&conversation=   tokens, text/event-stream (POST too)
          POST /api/cart?id=ID                       executes an order; GET /api/cart/executions counts them
          GET  /guide/...                            a page
          /echo  /bytes?n=&chunked=1  /slow-body?n=&ms=  /ws       for tests

          PUT /faults {"mode":"slow","delay":"1.5s","share":0.05,"health":"good"}    GET and DELETE too
            mode        none 500 503 429 slow late hang reset cut drip garbage
            delay       of slow, of late (headers at once, the body late), between two bytes of drip; default 1s
            workers     of slow: so many requests are worked on at once, others wait; default all
            share       of the requests that it hits, evenly spread; default 1
            retryAfter  seconds, sent with 429 and 503; none by default
            health      same (default): /health suffers too; good: /health lies; bad: only /health suffers
            when        of reset: accept, request (default, once it was read), headers, body (half the response sent)
            after       of cut: bytes that still go out; default half the Content-Length, or 300
            end         of cut: reset (default) or close
        """;

    /// <summary>Reads the command line; a problem is a sentence for the person at the terminal.</summary>
    public static bool TryParse(string[] args, [NotNullWhen(true)] out GuideOptions? options, out string problem)
    {
        int? port = null;
        string? name = null;
        string? orders = null;
        Fault fault = Fault.None;
        TimeSpan latency = TimeSpan.Zero;
        IPAddress? address = IPAddress.Loopback;
        options = null;

        for (int i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length)
            {
                problem = $"'{args[i]}' lacks its value.";
                return false;
            }

            string value = args[i + 1];
            switch (args[i])
            {
                case "--port" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= 65535:
                    port = number;
                    break;
                case "--name" when value.Length is > 0 and <= 64
                    && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':'):
                    name = value;
                    break;
                case "--orders" when value.Length > 0:
                    orders = value;
                    break;
                case "--address" when IPAddress.TryParse(value, out address):
                    break;
                case "--latency" when Durations.TryParse(value, out latency):
                    break;
                case "--fault":
                    string json = value.StartsWith('{') ? value : $$"""{"mode":{{JsonSerializer.Serialize(value)}}}""";
                    if (!Fault.TryRead(json, out fault, out problem))
                    {
                        return false;
                    }

                    break;
                default:
                    problem = $"'{args[i]} {value}' is no option, or no value for it.";
                    return false;
            }
        }

        if (port is null)
        {
            problem = "'--port' is missing.";
            return false;
        }

        problem = "";
        options = new GuideOptions
        {
            Port = port.Value,
            Name = name
            ?? $"guide-{port}",
            Fault = fault,
            Orders = orders,
            Latency = latency,
            Address = address!
        };
        return true;
    }
}
