using Gateway.Server;
using Xunit;

namespace Gateway.Tests.Server;

[Trait("kind", "unit")]
public class SniTableTests
{
    private static readonly SniTable Table = new(
        ["fallback.example"],
        ["shop.example", "www.shop.example"],
        ["*.shop.example", "Mixed.Example"],
        ["shop.example", "*.api.shop.example", "*.shop.example"]);

    [Theory]
    [InlineData(null, 0)]
    [InlineData("", 0)]
    [InlineData(".", 0)]
    [InlineData("other.example", 0)]
    [InlineData("fallback.example", 0)]
    [InlineData("shop.example", 1)]
    [InlineData("SHOP.example", 1)]
    [InlineData("shop.example.", 1)]
    [InlineData("www.shop.example", 1)]
    [InlineData("cart.shop.example", 2)]
    [InlineData("Cart.Shop.Example", 2)]
    [InlineData("mixed.example", 2)]
    [InlineData("a.b.shop.example", 0)]
    [InlineData("v1.api.shop.example", 3)]
    [InlineData("api.shop.example", 2)]
    [InlineData("*.shop.example", 2)]
    [InlineData(".shop.example", 0)]
    [InlineData("xshop.example", 0)]
    [InlineData("shop.example.evil", 0)]
    public void Find_Name_IsExactThenOneLabelThenTheFirst(string? name, int index) => Assert.Equal(index, Table.Find(name));
}
