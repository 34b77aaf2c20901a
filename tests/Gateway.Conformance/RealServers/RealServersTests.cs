using Gateway.Conformance.Support;
using Xunit;

namespace Gateway.Conformance.RealServers;

/// <summary>Servers of other makers behind the gateway give what they give directly, and stay up.</summary>
public sealed class RealServersTests(RealServersBed bed) : IClassFixture<RealServersBed>
{
    private static readonly Dictionary<string, Question> Questions = Question.All.ToDictionary(
        question => question.Id,
        StringComparer.Ordinal);

    /// <summary>Every server, transport, user and question.</summary>
    public static TheoryData<string, string, string, string> Rows()
    {
        var rows = new TheoryData<string, string, string, string>();
        foreach (var question in Question.All)
        {
            rows.Add(question.Server.Name, question.Transport, question.User, question.What);
        }

        return rows;
    }

    /// <summary>Every server that refuses uploads early, transport and user.</summary>
    public static TheoryData<string, string, string> Refusals()
    {
        var rows = new TheoryData<string, string, string>();
        foreach (var server in RealServer.All.Where(server => server.Abilities.HasFlag(Abilities.Refusal)))
        {
            foreach (var transport in server.Transports)
            {
                rows.Add(server.Name, transport, "http1");
                rows.Add(server.Name, transport, "http2");
            }
        }

        return rows;
    }

    /// <summary>Every server and transport.</summary>
    public static TheoryData<string, string> Destinations()
    {
        var rows = new TheoryData<string, string>();
        foreach (var server in RealServer.All)
        {
            foreach (var transport in server.Transports)
            {
                rows.Add(server.Name, transport);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Response_OfARealServer_IsTheSameAsDirectly(string server, string transport, string user, string what)
    {
        var question = Questions[$"{Server(server).Cluster(transport)}|{user}|{what}"];
        var (direct, through) = bed.Read(question);
        Assert.True(direct.Error is null, $"The server itself failed: {direct.Error}");

        var differences = Differences.Between(question.Hops, direct, through);

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Upload_RefusedBeforeItIsRead_TheRefusalReachesTheUser(string server, string transport, string user)
    {
        var statuses = bed.UploadStatuses(Server(server), transport, user);
        var lost = statuses.Split(' ').Count(status => status is not ("401" or "403" or "413"));

        if (lost > 0 && KnownDefects.OfUpload(server, transport) is { } defect && lost <= defect.Losses)
        {
            Assert.Skip($"Known defect: {defect.Behaviour} Statuses: {statuses}");
        }

        Assert.True(lost == 0, $"Statuses: {statuses}");
    }

    [Theory]
    [MemberData(nameof(Destinations))]
    public void Server_AfterAllOfIt_IsUp(string server, string transport)
    {
        var health = bed.Health(Server(server), transport);
        if (health != "up" && KnownDefects.OfUpload(server, transport) is { Losses: > 1 } defect)
        {
            Assert.Skip("Known defect: " + defect.Behaviour);
        }

        Assert.Equal("up", health);
    }

    private static RealServer Server(string name) => RealServer.All.Single(server => server.Name == name);
}
