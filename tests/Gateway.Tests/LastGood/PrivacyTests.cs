using System.Text;
using Gateway.Configuration.Model;
using Gateway.LastGood;
using Gateway.LastGood.Stores;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>Whatever users, services and routes do: no byte of one user's response reaches another.</summary>
[Trait("kind", "unit")]
public sealed class PrivacyTests
{
    private static readonly string[] CacheControls =
        ["", "", "", "max-age=60", "private", "no-store", "no-cache", "must-revalidate", "s-maxage=9", "max-age=0, stale-if-error=999",
        "private=\"x\"", "x=\"public\""];

    private static readonly LastGoodConfig[] Routes =
    [
        new(),
        new() { Key = [new(KeyPartKind.Path)], Nearest = [[new(KeyPartKind.Path)]] },
        new()
        {
            Key = [new(KeyPartKind.Path), new(KeyPartKind.Cookie, "sid")],
            Nearest = [[new(KeyPartKind.Path), new(KeyPartKind.QueryParameter, "category")]]
        },
        new() { Key = [new(KeyPartKind.Path), new(KeyPartKind.Header, "X-User")] },
        new() { RefreshEvery = TimeSpan.Zero },
    ];

    // How a service knows who asks; "none" is a guest, whose responses are for everyone.
    private static readonly string[] Ways = ["none", "cookie", "authorization", "api-key", "x-user", "other-cookie"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task FiftyThousandRequests_OfAHundredUsers_NoByteOfOneReachesAnother(int seed)
    {
        // 1. A restart in the middle of it all goes through a real file.
        using var folder = new TempFolder();
        var random = new Random(seed);
        var time = new ManualTime();
        var routes = Routes.Select((config, i) => Guide.Route(config, $"route{i}")).ToArray();
        var served = 0;
        for (var life = 0; life < 2; life++)
        {
            await using var store = Guide.Store(
                time,
                new SqliteBacking(
                    folder.File("last-good.db"),
                    1 << 28,
                    time,
                    Microsoft.Extensions.Logging.Abstractions.NullLogger<SqliteBacking>.Instance));
            store.Start();
            await store.ReadAhead;
            var streaming = new List<(LastGoodCapture Capture, string Body)>();
            for (var i = 0; i < 50_000 / 3 / 2; i++)
            {
                time.Advance(TimeSpan.FromMilliseconds(random.Next(400)));
                var user = random.Next(100);
                var way = Ways[random.Next(Ways.Length)];
                var route = routes[random.Next(routes.Length)];
                var request = Request(random, user, way);
                var owner = string.Equals(way, "none", StringComparison.Ordinal) ? "everyone" : $"user{user}";
                if (random.Next(3) == 0)
                {
                    // 2. An outage: what is given must be this user's own, or everyone's.
                    if (store.Find(route, request) is { } found)
                    {
                        served++;
                        var body = Encoding.UTF8.GetString(found.Response.Body);
                        Assert.True(body.StartsWith($"for {owner}:", StringComparison.Ordinal)
                            || body.StartsWith("for everyone:", StringComparison.Ordinal),
                            $"{owner} by {way} was given \"{body}\" on {route.Name}");
                    }

                    continue;
                }

                // 3. A live response: streamed later, cut, or whole; a public one only where it is everyone's.
                var isPublic = owner is "everyone" && random.Next(4) == 0;
                var cacheControl = isPublic ? "public" : CacheControls[random.Next(CacheControls.Length)];
                var headers = Guide.Headers(("Content-Type", "text/plain"));
                if (cacheControl.Length > 0)
                {
                    headers["Cache-Control"] = cacheControl;
                }

                if (random.Next(10) == 0)
                {
                    headers["Vary"] = random.Next(2) == 0 ? "Accept-Encoding" : "*";
                }

                if (random.Next(20) == 0)
                {
                    headers["Set-Cookie"] = "sid=new";
                }

                var capture = store.OnResponse(route, request, random.Next(12) == 0 ? 404 : 200, headers, "primary");
                if (capture is not null)
                {
                    streaming.Add((capture, $"for {owner}: {i}"));
                }

                while (streaming.Count > random.Next(8))
                {
                    var (ending, body) = streaming[0];
                    streaming.RemoveAt(0);
                    ending.Append(Encoding.UTF8.GetBytes(body));
                    if (random.Next(10) == 0)
                    {
                        ending.Abandon();
                    }
                    else
                    {
                        ending.Complete();
                    }
                }
            }

            await store.FlushAsync(TestContext.Current.CancellationToken);
            Assert.Null(store.Alarm);
        }

        Assert.InRange(served, 200, int.MaxValue);
    }

    private static Microsoft.AspNetCore.Http.HttpRequest Request(Random random, int user, string way)
    {
        var request = Guide.Get($"/p{random.Next(5)}?category={random.Next(3)}");
        switch (way)
        {
            case "cookie":
                request.Headers.Cookie = $"sid=user{user}";
                break;
            case "other-cookie":
                request.Headers.Cookie = $"session=user{user}; theme=dark";
                break;
            case "authorization":
                request.Headers.Authorization = $"Bearer user{user}";
                break;
            case "api-key":
                request.Headers["X-Api-Key"] = $"user{user}";
                break;
            case "x-user":
                request.Headers["X-User"] = $"user{user}";
                break;
        }

        if (random.Next(5) == 0)
        {
            request.Headers["X-Trace-Id"] = random.Next().ToString();
        }

        return request;
    }
}
