using System.Text;
using Gateway.Forwarding.Mirroring;
using Xunit;

namespace Gateway.Tests.Forwarding.Mirroring;

/// <summary>Pairs of responses, and what they show.</summary>
[Trait("kind", "unit")]
public sealed class MirrorComparisonTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly MirroredResponse Good = new(200, TimeSpan.FromMilliseconds(20))
    {
        Type = "application/json",
        Size = 1000,
        Shape = JsonShape.Of("""{"items":[{"name":"tea","price":3}],"total":1}"""u8),
    };

    public static TheoryData<string, int, int, string?> Cases() => new()
    {
        { "the same", 60, 60, null },
        { "404", 4, 4, null },
        { "404", 5, 5, "Status: responds with 404 to each of the last 5 reads that primary serves" },
        { "404", 4, 60, null },
        { "404", 5, 60, "Status: responds with 404 to 5 of the last 60 reads that primary serves" },
        { "503", 60, 60, "Status: responds with 503 to each of the last 60 reads that primary serves" },
        { "none", 7, 8, "Status: gives no response (connection refused) to 7 of the last 8 reads that primary serves" },
        { "204", 60, 60, "Type: sends no media type where primary sends application/json, in each of the last 60 responses" },
        { "page", 7, 7, null },
        { "page", 8, 8, "Type: sends text/html where primary sends application/json, in each of the last 8 responses" },
        { "page", 7, 8, null },
        { "page", 54, 60, "Type: sends text/html where primary sends application/json, in 54 of the last 60 responses" },
        { "old", 7, 7, null },
        { "old", 8, 8, "Shape: lacks items[].price, which primary has, in nearly all of 8 JSON responses" },
        { "old", 53, 60, null },
        { "old", 54, 60, "Shape: lacks items[].price, which primary has, in nearly all of 60 JSON responses" },
        { "new", 20, 20, "Shape: has items[].stock, which primary lacks, in nearly all of 20 JSON responses" },
        { "other kind", 9, 9, "Shape: has total as a string, which is a number at primary, in nearly all of 9 JSON responses" },
        { "empty", 8, 8, "Shape: lacks items[].name, items[].price, which primary has, in nearly all of 8 JSON responses" },
        {
            "another document", 8, 8,
            "Shape: lacks items, items[].name, items[].price and 1 more, which primary has; has error, which primary lacks, "
                + "in nearly all of 8 JSON responses"
        },
        { "small", 7, 7, null },
        { "small", 8, 8, "Size: sends 333 B where primary sends 1,000 B (medians of 8 responses)" },
        { "large", 8, 8, "Size: sends 3,000 B where primary sends 1,000 B (medians of 8 responses)" },
        { "half", 60, 60, null },
        { "small, coded", 60, 60, null },
        { "size not known", 60, 60, null },
        { "slow", 8, 8, "Latency: takes 120 ms where primary takes 20 ms (medians of 8 responses)" },
        { "slow", 6, 8, null },
        { "slow", 7, 8, "Latency: takes 120 ms where primary takes 20 ms (medians of 8 responses)" },
        { "a little slow", 60, 60, null },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Pairs_ShowADifference(string other, int differing, int all, string? expected)
    {
        var comparison = new MirrorComparison("primary");
        IReadOnlyList<MirrorDifference> found = [];
        for (var i = 0; i < all; i++)
        {
            // Spread evenly, so that no order makes a difference.
            var differs = (i + 1) * differing / all > i * differing / all;
            found = comparison.Add(Start.AddSeconds(i), Good, differs ? Other(other) : Good);
        }

        Assert.Equal(expected ?? "", string.Join('\n', found.Select(static one => $"{one.Kind}: {one.Text}")));
    }

    [Fact]
    public void Pairs_OfTenMinutesAgo_DoNotCount()
    {
        var comparison = new MirrorComparison("primary");
        for (var i = 0; i < 60; i++)
        {
            comparison.Add(Start, Good, Other("404"));
        }

        Assert.Single(comparison.Add(Start.AddMinutes(10), Good, Other("404")));
        Assert.Empty(comparison.Add(Start.AddMinutes(21), Good, Other("404")));
        Assert.Equal(1, comparison.Pairs);
    }

    [Fact]
    public void Difference_ThatIsRepaired_IsOverWithinTheWindow()
    {
        var comparison = new MirrorComparison("primary");
        for (var i = 0; i < 60; i++)
        {
            comparison.Add(Start.AddSeconds(i), Good, Other("old"));
        }

        var pairs = 0;
        while (comparison.Add(Start.AddSeconds(60 + pairs), Good, Good).Count > 0)
        {
            pairs++;
        }

        Assert.InRange(pairs, 1, 10);
    }

    /// <summary>
    /// A route with a request every five seconds, responses that vary by chance as a guide's do, and one fault from the beginning: what a
    /// pair every 15 s shows within five minutes, for 50 seeds each.
    /// </summary>
    [Theory]
    [InlineData("404", 50)]
    [InlineData("old", 50)]
    [InlineData("none", 50)]
    [InlineData("page", 50)]
    [InlineData("another document", 50)]
    [InlineData("slow", 50)]
    public void Fault_IsToldWithinFiveMinutes(string fault, int seeds)
    {
        var told = 0;
        for (var seed = 0; seed < seeds; seed++)
        {
            var random = new Random(seed);
            var comparison = new MirrorComparison("primary");
            for (var at = Start; at < Start.AddMinutes(5); at += MirroredRoute.UsualPause)
            {
                var (first, other) = SimulatedGuide.Pair(random, fault);
                if (comparison.Add(at, first, other).Count > 0)
                {
                    told++;
                    break;
                }
            }
        }

        Assert.Equal(seeds, told);
    }

    /// <summary>Two tiers that are alike, whose responses vary by chance: 50 seeds, eight hours each.</summary>
    [Fact]
    public void TiersThatAreAlike_AreNeverToldToDiffer()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var comparison = new MirrorComparison("primary");
            for (var at = Start; at < Start.AddHours(8); at += MirroredRoute.UsualPause)
            {
                var (first, other) = SimulatedGuide.Pair(random, "");
                var found = comparison.Add(at, first, other);
                Assert.True(found.Count == 0, $"seed {seed}, {at - Start}: {string.Join("; ", found)}");
            }
        }
    }

    private static MirroredResponse Other(string what) => what switch
    {
        "404" => Good with { Status = 404, Shape = null, Type = "text/plain" },
        "503" => Good with { Status = 503, Shape = null },
        "204" => Good with { Status = 204, Shape = null, Type = null },
        "none" => new MirroredResponse(0, TimeSpan.FromMilliseconds(1)) { Failure = "connection refused" },
        "page" => Good with { Type = "text/html", Shape = null },
        "old" => Good with { Shape = JsonShape.Of("""{"items":[{"name":"tea"}],"total":1}"""u8) },
        "new" => Good with { Shape = JsonShape.Of("""{"items":[{"name":"tea","price":3,"stock":1}],"total":1}"""u8) },
        "other kind" => Good with { Shape = JsonShape.Of("""{"items":[{"name":"tea","price":3}],"total":"1"}"""u8) },
        "empty" => Good with { Shape = JsonShape.Of("""{"items":[],"total":0}"""u8) },
        "another document" => Good with { Shape = JsonShape.Of("""{"error":"x"}"""u8) },
        "small" => Good with { Size = 333 },
        "small, coded" => Good with { Size = 333, Coding = "gzip" },
        "large" => Good with { Size = 3000 },
        "half" => Good with { Size = 500 },
        "size not known" => Good with { Size = null },
        "slow" => Good with { ToHead = TimeSpan.FromMilliseconds(120) },
        "a little slow" => Good with { ToHead = TimeSpan.FromMilliseconds(110) },
        _ => Good,
    };

    /// <summary>
    /// A guide whose responses depend on the request, and on chance: lists of any length, members that come and go, long tails.
    /// </summary>
    private static class SimulatedGuide
    {
        public static (MirroredResponse First, MirroredResponse Other) Pair(Random random, string fault)
        {
            var request = random.Next();
            var first = Respond(request, random, isOld: false, slowness: 1);
            var other = Respond(request, random, isOld: fault == "old", slowness: fault == "slow" ? 12 : 1);
            return (first, fault switch
            {
                "404" or "none" or "another document" => Other(fault),
                "page" => other with { Type = "text/html", Shape = null },
                _ => other,
            });
        }

        private static MirroredResponse Respond(int request, Random random, bool isOld, double slowness)
        {
            var asked = new Random(request);
            var text = new StringBuilder("{\"items\":[");
            var items = asked.Next(1, 12);
            for (var i = 0; i < items; i++)
            {
                text.Append(i > 0 ? "," : "").Append("{\"name\":\"n\"");
                text.Append(isOld ? "" : ",\"price\":1");
                // Some only for some requests, some by chance, as experiments do.
                text.Append(asked.Next(3) == 0 ? ",\"offer\":{\"until\":\"x\"}" : "");
                text.Append(random.Next(2) == 0 ? ",\"hint\":\"h\"" : "");
                text.Append(random.Next(20) == 0 ? ",\"rare\":true" : "");
                text.Append(random.Next(2) == 0 ? ",\"rank\":1}" : ",\"rank\":null}");
            }

            // What a model writes is as long as it likes.
            var size = (long)(400 * Math.Exp(asked.NextDouble() * 2) * Math.Exp(Normal(random)));
            var json = Encoding.UTF8.GetBytes(text.Append(random.Next(4) == 0 ? "],\"next\":\"p\"}" : "]}").ToString());
            return new MirroredResponse(200, TimeSpan.FromMilliseconds(slowness * 60 * Math.Exp(0.7 * Normal(random))))
            {
                Type = "application/json",
                Size = json.Length + size,
                Shape = JsonShape.Of(json),
            };
        }

        private static double Normal(Random random) =>
            Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }
}
