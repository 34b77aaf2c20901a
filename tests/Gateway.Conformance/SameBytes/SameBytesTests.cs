using Gateway.Conformance.Support;
using Xunit;

namespace Gateway.Conformance.SameBytes;

/// <summary>
/// Each response of the table, over each way to the destination, to each kind of user, is what the destination gives by itself.
/// </summary>
public sealed class SameBytesTests(SameBytesBed bed) : IClassFixture<SameBytesBed>
{
    private static readonly Dictionary<string, Cell> Cells = Cell.All.ToDictionary(cell => cell.Id, StringComparer.Ordinal);

    /// <summary>The table.</summary>
    public static TheoryData<string, string, string, string> Rows()
    {
        var rows = new TheoryData<string, string, string, string>();
        foreach (var cell in Cell.All)
        {
            rows.Add(cell.Transport, cell.User, cell.Method, cell.Spec.Name);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Response_ThroughTheGateway_IsTheSameAsDirectly(string transport, string user, string method, string response)
    {
        var cell = Cells[$"{transport}|{user}|{method}|{response}"];
        var (direct, through) = await bed.ReadAsync(cell);
        Assert.True(direct.Error is null, $"The origin itself failed: {direct.Error}");

        var differences = Differences.Between(cell.Hops, direct, through);

        if (KnownDefects.Of(cell) is { } behaviour)
        {
            Assert.True(differences.Count > 0, $"This is the same now. Remove the known defect: {behaviour}");
            return;
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }
}
