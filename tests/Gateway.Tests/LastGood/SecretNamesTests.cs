using Gateway.LastGood.Keys;
using Gateway.LastGood.Policy;
using Xunit;

namespace Gateway.Tests.LastGood;

[Trait("kind", "unit")]
public sealed class SecretNamesTests
{
    [Theory]
    [InlineData("token")]
    [InlineData("access_token")]
    [InlineData("accessToken")]
    [InlineData("ID-TOKEN")]
    [InlineData("key")]
    [InlineData("api_key")]
    [InlineData("apiKey")]
    [InlineData("apikey")]
    [InlineData("user[key]")]
    [InlineData("user%5Bkey%5D")]
    [InlineData("secret")]
    [InlineData("client_secret")]
    [InlineData("password")]
    [InlineData("passwd")]
    [InlineData("pwd")]
    [InlineData("auth")]
    [InlineData("sig")]
    [InlineData("X-Amz-Signature")]
    [InlineData("X-Amz-Credential")]
    [InlineData("session")]
    [InlineData("PHPSESSID")]
    [InlineData("sid")]
    [InlineData("code")]
    [InlineData("otp")]
    [InlineData("SAMLResponse")]
    public void IsSecret_NameThatSaysSo(string name) => Assert.True(SecretNames.IsSecret(name));

    [Theory]
    [InlineData("")]
    [InlineData("%")]
    [InlineData("q")]
    [InlineData("category")]
    [InlineData("keyword")]
    [InlineData("author")]
    [InlineData("page")]
    [InlineData("design")]
    [InlineData("shipping")]
    [InlineData("encode")]
    [InlineData("side")]
    public void IsSecret_OrdinaryName_IsNone(string name) => Assert.False(SecretNames.IsSecret(name));

    [Theory]
    [InlineData("/a?token=hunter2")]
    [InlineData("/a?access_token=hunter2&x=1")]
    [InlineData("/a?to%6Ben=hunter2")]
    [InlineData("/a?user%5Bpassword%5D=hunter2")]
    public async Task Keys_SecretInAQuery_IsNowhereInClearAndStillFound(string target)
    {
        using var folder = new TempFolder();
        var route = Guide.Route(new()
        {
            Nearest = [[
                new(global::Gateway.Configuration.Model.KeyPartKind.Path),
                new(global::Gateway.Configuration.Model.KeyPartKind.QueryParameter, "token")
            ]]
        });
        await using (var store = await SqliteBackingTests.OpenStoreAsync(folder.File("last-good.db")))
        {
            store.Respond(route, Guide.Get(target), "mine");
            store.Respond(route, Guide.Get(target.Replace("hunter2", "hunter3", StringComparison.Ordinal)), "other");
            await store.FlushAsync(TestContext.Current.CancellationToken);
            Assert.Equal("mine", store.BodyFor(route, Guide.Get(target)));
            Assert.Equal("other", store.BodyFor(route, Guide.Get(target.Replace("hunter2", "hunter3", StringComparison.Ordinal))));
            Assert.All(store.List("", 10), static entry => Assert.DoesNotContain("hunter", entry.Key, StringComparison.Ordinal));
        }

        foreach (var file in Directory.GetFiles(folder.Path))
        {
            Assert.DoesNotContain(
                "hunter",
                System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)),
                StringComparison.Ordinal);
        }

        // By the value itself, and by the key as it is listed.
        await using var again = await SqliteBackingTests.OpenStoreAsync(folder.File("last-good.db"));
        var found = Assert.Single(again.List(target, 10), static entry => !entry.IsNearest);
        Assert.InRange(again.Purge(new(PurgeBy.Key, found.Key)), 1, 2);
        Assert.Equal("other", again.BodyFor(route, Guide.Get(target.Replace("hunter2", "hunter3", StringComparison.Ordinal))));
        Assert.InRange(again.Purge(new(PurgeBy.Prefix, target.Replace("hunter2", "hunter3", StringComparison.Ordinal))), 1, 2);
    }
}
