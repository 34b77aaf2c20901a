using Gateway.LastGood;
using Gateway.LastGood.Policy;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>Which kept responses a purge means.</summary>
[Trait("kind", "unit")]
public sealed class PurgeRuleTests
{
    private const string Key = "shop.example/a?x=1 header:x=1 ~shop.1a2b3c4d";

    [Theory]
    [InlineData("Prefix", "", true)]
    [InlineData("Prefix", "/", false)]
    [InlineData("Key", "", false)]
    [InlineData("Route", "", false)]
    [InlineData("Route", "shop", false)]
    public void MeansAll_AnEmptyPrefixAlone(string by, string text, bool expected) => Assert.Equal(expected, Rule(by, text).MeansAll);

    [Theory]
    [InlineData("Prefix", "/%61%2f", "/a%2F")]
    [InlineData("Prefix", "/\u00e9", "/%C3%A9")]
    [InlineData("Key", "shop.example/%61", "shop.example/a")]
    [InlineData("Key", "/a", "/a")]
    [InlineData("Route", "%61", "%61")]
    public void Normalised_AllButRoutes_AreWrittenAsKeysAre(string by, string text, string expected) =>
        Assert.Equal(Rule(by, expected), Rule(by, text).Normalised);

    [Theory]
    [InlineData(Key, null, true)]
    [InlineData(Key + " vary:a=1", null, false)]
    [InlineData("shop.example/a", null, false)]
    [InlineData("SHOP.example/a?x=1 header:x=1 ~shop.1a2b3c4d", null, false)]
    [InlineData("", null, false)]
    [InlineData("exact", "exact", true)]
    [InlineData("exact vary:a=1", "exact", true)]
    [InlineData("exac", "exact", false)]
    [InlineData("EXACT", "exact", false)]
    [InlineData("an exact", "exact", false)]
    [InlineData(Key, "exact", true)]
    public void Matches_Key_MeansItAndWhatItFilled(string text, string? filledBy, bool expected) =>
        Assert.Equal(expected, Rule("Key", text).Matches(Stored(Key, "shop.example/a", filledBy)));

    [Theory]
    [InlineData("shop", true)]
    [InlineData("Shop", false)]
    [InlineData("sho", false)]
    [InlineData("shop2", false)]
    [InlineData("", false)]
    [InlineData(Key, false)]
    public void Matches_Route_IsItsWholeName(string text, bool expected) =>
        Assert.Equal(expected, Rule("Route", text).Matches(Stored(Key, "shop.example/a")));

    [Theory]
    [InlineData("", true)]
    [InlineData("shop.example", true)]
    [InlineData("shop.example/a", true)]
    [InlineData(Key, true)]
    [InlineData(Key + "x", false)]
    [InlineData("/", true)]
    [InlineData("/a", true)]
    [InlineData("/a?x=1 ", true)]
    [InlineData("/a?x=2", false)]
    [InlineData("/A", false)]
    [InlineData("a", false)]
    [InlineData("hop.example", false)]
    [InlineData("SHOP.example", false)]
    [InlineData("shop", true)]
    public void Matches_Prefix_OfTheKeyWithOrWithoutItsHost(string text, bool expected) =>
        Assert.Equal(expected, Rule("Prefix", text).Matches(Stored(Key, "shop.example/a")));

    [Theory]
    [InlineData("shop.example query", true)]
    [InlineData("shop.example/b", true)]
    [InlineData("shop.example/b/c", true)]
    [InlineData("/b", true)]
    [InlineData("/b/c", true)]
    [InlineData("/c", false)]
    [InlineData("/b/c/", false)]
    [InlineData("b", false)]
    public void Begins_KeyWithoutAPath_StillGoesByTheRequestsPath(string prefix, bool expected) =>
        Assert.Equal(expected, PurgeRule.Begins(Stored("shop.example query:x=1 ~shop.1a2b3c4d", "shop.example/b/c"), prefix));

    [Theory]
    [InlineData("shop.example accept=text/html ~r.1", "/html", false)]
    [InlineData("shop.example accept=text/html ~r.1", "/html ~r", false)]
    [InlineData("shop.example accept=text/html ~r.1", "/a ", false)]
    [InlineData("shop.example accept=text/html ~r.1", "/a", true)]
    [InlineData("shop.example accept=text/a+b ~r.1", "/a+", false)]
    [InlineData("shop.example?next=/html ~r.1", "/html", false)]
    [InlineData("shop.example?next=/html ~r.1", "?next", false)]
    [InlineData("shop.example?next=/html ~r.1", "/a", true)]
    [InlineData("shop.example query:next=/html&=/a/b ~r.1", "/a/b", false)]
    [InlineData("shop.example/a?next=/html ~r.1", "/html", false)]
    [InlineData("shop.example/a?next=/html ~r.1", "/a?next=/h", true)]
    [InlineData("shop.example/a?next=/html ~r.1", "/a?nexu", false)]
    [InlineData("shop.example header:x=3/a?y=1 ~r.1", "/a?y", true)]
    [InlineData("shop.example header:x=3/a?y=1 ~r.1", "/a?z", false)]
    public void Begins_SlashInsideAValue_IsNoPath(string key, string prefix, bool expected) =>
        Assert.Equal(expected, PurgeRule.Begins(Stored(key, "shop.example/a"), prefix));

    [Theory]
    [InlineData("/a", false)]
    [InlineData("?x", false)]
    [InlineData(" ", false)]
    [InlineData("shop.example?x", true)]
    public void Begins_NoPlace_GoesByTheKey(string prefix, bool expected) =>
        Assert.Equal(expected, PurgeRule.Begins(Stored("shop.example?x=1 ~r.1", ""), prefix));

    [Theory]
    [InlineData("shop", true)]
    [InlineData("place", true)]
    [InlineData("", true)]
    [InlineData("/", false)]
    [InlineData("lace", false)]
    public void Begins_NoPathAnywhere_GoesByWhatThereIs(string prefix, bool expected) =>
        Assert.Equal(expected, PurgeRule.Begins(Stored("shop", "place"), prefix));

    private static PurgeRule Rule(string by, string text) => new(Enum.Parse<PurgeBy>(by), text);

    private static StoredResponse Stored(string key, string place, string? filledBy = null) => new()
    {
        Key = key,
        BaseKey = key,
        Place = place,
        FilledBy = filledBy,
        Route = "shop",
        Tier = "primary",
        Began = 0,
        BeganUnixMs = 0,
    };
}
