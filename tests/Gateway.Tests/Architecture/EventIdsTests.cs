using System.Text.RegularExpressions;
using Xunit;

namespace Gateway.Tests.Architecture;

/// <summary>The ids of log events: operators filter by them, so that each stands for one event.</summary>
[Trait("kind", "unit")]
public sealed partial class EventIdsTests
{
    [Fact]
    public void Sources_GiveEachEventAnIdOfItsOwn()
    {
        var ids = Sources.OfTheGateway()
            .SelectMany(static source => Ids().Matches(source.Text).Select(match => (Id: match.Groups["id"].Value, source.Path)))
            .ToArray();
        Assert.True(ids.Length > 50, "the pattern finds them");
        Assert.Empty(ids.GroupBy(static id => id.Id, StringComparer.Ordinal)
            .Where(static id => id.Count() > 1)
            .Select(static id => $"{id.Key}: {string.Join(", ", id.Select(static i => i.Path))}"));
    }

    [GeneratedRegex(@"\[LoggerMessage\((EventId = )?(?<id>[0-9]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Ids();
}
