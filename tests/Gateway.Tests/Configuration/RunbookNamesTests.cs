using Gateway.Configuration.Values;
using Xunit;

namespace Gateway.Tests.Configuration;

/// <summary>URLs of runbooks with the names of a destination in them.</summary>
[Trait("kind", "unit")]
public sealed class RunbookNamesTests
{
    [Theory]
    [InlineData("http://{host}:9998/restart", "http://127.0.0.1:9001", "http://127.0.0.1:9998/restart")]
    [InlineData("http://{host}:{port}/restart", "http://guide.internal", "http://guide.internal:80/restart")]
    [InlineData("http://{host}:9998/restart", "http://[::1]:9001", "http://[::1]:9998/restart")]
    [InlineData("http://{host}:9998/restart", "http://[fe80::1%25eth0]:9001", "http://[fe80::1%25eth0]:9998/restart")]
    [InlineData("http://10.0.0.9/restart/{destination}", "http://127.0.0.1:9001", "http://10.0.0.9/restart/name%3Awith%2Fall")]
    [InlineData("http://{destination}/restart", "http://127.0.0.1:9001", null)]
    [InlineData("http://{host}:99{port}/restart", "http://127.0.0.1:9001", null)]
    public void Url_WithNames_IsThatOfTheDestination(string text, string destination, string? expected)
    {
        var url = new Uri(destination);
        var filled = RunbookNames.FillUrl(text, name => name switch
        {
            "host" => RunbookNames.HostOf(url),
            "port" => $"{url.Port}",
            _ => "name:with/all",
        });
        Assert.Equal(expected is null ? null : new Uri(expected), filled);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9001", "127.0.0.1")]
    [InlineData("http://[::1]:9001", "::1")]
    [InlineData("http://[fe80::1%25eth0]:9001", "fe80::1%eth0")]
    public void Host_ForAProgram_HasNoBrackets(string destination, string expected) =>
        Assert.Equal(expected, RunbookNames.HostOf(new Uri(destination)));
}
