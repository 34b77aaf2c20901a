using System.Text.Json;
using Gateway.Tests.Configuration;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace Gateway.Tests.Deploy;

/// <summary>
/// The files of <c>deploy/elk</c>, as far as they can be judged without Elasticsearch, Logstash and Filebeat: their grammar, and that
/// they speak of the same things.
/// </summary>
[Trait("kind", "unit")]
public sealed class ElkFilesTests
{
    /// <summary>Those that are used, each with the fields that Elasticsearch demands.</summary>
    private static readonly Dictionary<string, string[]> Processors = new(StringComparer.Ordinal)
    {
        ["set"] = ["field", "value"],
        ["convert"] = ["field", "type"]
    };

    private static readonly string[] Types = ["integer", "long", "double", "float", "boolean", "ip", "string", "auto"];

    [Fact]
    public void IngestPipeline_OfKnownProcessors_HasWhatEachDemands()
    {
        var pipeline = JsonDocument.Parse(Text("ingest-pipeline.json")).RootElement;

        Assert.All(
            pipeline.EnumerateObject(),
            static part => Assert.Contains(part.Name, (string[])["description", "processors", "on_failure"]));
        foreach (var processor in pipeline.GetProperty("processors")
            .EnumerateArray()
            .Concat(pipeline.GetProperty("on_failure").EnumerateArray()))
        {
            var only = Assert.Single(processor.EnumerateObject());
            Assert.All(Processors[only.Name], field => Assert.True(only.Value.TryGetProperty(field, out _), $"{processor} lacks {field}."));
            Assert.True(only.Name != "convert"
                || Types.Contains(only.Value.GetProperty("type").GetString(), StringComparer.Ordinal), $"{processor} converts to no type.");

            // Painless: what may be absent is asked for by the operator that allows it.
            Assert.True(!only.Value.TryGetProperty("if", out var condition)
                || condition.GetString()!.StartsWith("ctx.event?.code ", StringComparison.Ordinal), $"{processor}");
        }
    }

    [Fact]
    public void Filebeat_ShipsWhatTheGatewayWrites()
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Text("filebeat.yml")));
        var root = (YamlMappingNode)Assert.Single(stream.Documents).RootNode;
        var input = Assert.Single((YamlSequenceNode)root["filebeat.inputs"]);

        Assert.Equal("filestream", input["type"].ToString());
        Assert.Contains(
            ((YamlSequenceNode)input["parsers"]).Children,
            static parser => ((YamlMappingNode)parser).Children.ContainsKey("ndjson"));
        Assert.Equal("gateway", root["output.elasticsearch"]["pipeline"].ToString());
        Assert.StartsWith("logs-gateway.log-", root["output.elasticsearch"]["index"].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Logstash_OfThreeSections_FollowsTheGrammar()
    {
        var config = LogstashConfig.Parse(Text("logstash.conf"));

        Assert.Equal(["input", "filter", "output"], config.Select(static section => section.Name));
        Assert.Equal(["file"], config[0].Plugins);
        Assert.Equal(["mutate"], config[1].Plugins);
        Assert.Equal(["elasticsearch"], config[2].Plugins);
    }

    [Theory]
    [InlineData("input { file { path => } }")]
    [InlineData("input { file { path = \"a\" } }")]
    [InlineData("input { file { path => \"a\" }")]
    [InlineData("inputs { }")]
    [InlineData("filter { if [a] { mutate { } }")]
    [InlineData("output { stdout { } } }")]
    [InlineData("input { file { path => \"a } }")]
    public void Logstash_NotOfItsGrammar_IsRefused(string text) => Assert.Throws<FormatException>(() => LogstashConfig.Parse(text));

    private static string Text(string name) => File.ReadAllText(Repository.PathOf("deploy", "elk", name));
}
