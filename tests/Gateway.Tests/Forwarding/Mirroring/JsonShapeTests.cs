using System.Text;
using Gateway.Forwarding.Mirroring;
using Xunit;

namespace Gateway.Tests.Forwarding.Mirroring;

/// <summary>Documents and the members that they have.</summary>
[Trait("kind", "unit")]
public sealed class JsonShapeTests
{
    [Theory]
    [InlineData("""{"a":1}""", "(document) an object|a|a a number")]
    [InlineData("""{"a":null,"b":true}""", "(document) an object|a|b|b a boolean")]
    [InlineData("""{"a":{"b":"x"},"c":"y"}""", "(document) an object|a|a an object|a.b|a.b a string|c|c a string")]
    [InlineData("""[1,"x"]""", "(document) an array|[] a number|[] a string")]
    [InlineData("""{"a":[{"b":1},{"c":2}]}""", "(document) an object|a|a an array|a[] an object|a[].b|a[].b a number|a[].c|a[].c a number")]
    [InlineData("""{"a":[],"b":{}}""", "(document) an object|a|a an array|b|b an object")]
    [InlineData("""{"a":[[1],null]}""", "(document) an object|a|a an array|a[] an array|a[][] a number")]
    [InlineData("""{"a\u0007":1}""", "(document) an object|…|… a number")]
    [InlineData("""{"a\u202e":1}""", "(document) an object|…|… a number")]
    [InlineData("""{"\ud800":1}""", "(document) an object|…|… a number")]
    [InlineData("7", "(document) a number")]
    [InlineData("null", "")]
    public void Document_HasAShape(string json, string shape) =>
        Assert.Equal(
            shape,
            string.Join('|', JsonShape.Of(Encoding.UTF8.GetBytes(json))!
                .Select(JsonShape.Split)
                .Select(static feature => (feature.Member == "the document" ? "(document)" : feature.Member, feature.Kind))
                .Order()
                .Select(static feature => feature.Kind is null ? feature.Item1 : $"{feature.Item1} {feature.Kind}")));

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("""{"a":""")]
    [InlineData("""{"a":1} {"b":2}""")]
    public void OtherText_HasNone(string text) => Assert.Null(JsonShape.Of(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Document_WhoseMembersAreData_HasNone()
    {
        var members = Enumerable.Range(0, JsonShape.Most).Select(static i => $"\"user{i}\":1");

        Assert.Null(JsonShape.Of(Encoding.UTF8.GetBytes("{" + string.Join(',', members) + "}")));
    }

    [Fact]
    public void Document_ThatIsTooDeep_HasNone() =>
        Assert.Null(JsonShape.Of(Encoding.UTF8.GetBytes(new string('[', 1000) + new string(']', 1000))));
}
