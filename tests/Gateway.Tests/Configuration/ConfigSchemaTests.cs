using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gateway.Configuration;
using Gateway.Configuration.Reading;
using Xunit;

namespace Gateway.Tests.Configuration;

[Trait("kind", "unit")]
public sealed class ConfigSchemaTests
{
    [Fact]
    public void Sample_NamesEveryKey()
    {
        var words =
            System.Text.RegularExpressions.Regex.Matches(
                File.ReadAllText(Repository.PathOf("config", "gateway.yaml")),
                "[A-Za-z0-9]+",
                System.Text.RegularExpressions.RegexOptions.None,
                TimeSpan.FromSeconds(5))
            .Select(static word => word.Value).ToHashSet(StringComparer.Ordinal);
        var missing = new List<string>();
        Look(Gateway.Configuration.Keys.GatewayKeys.Root, "");
        Assert.Empty(missing);

        void Look(Gateway.Configuration.Keys.Schema schema, string path)
        {
            foreach (var key in schema.Keys)
            {
                if (!words.Contains(key.Name))
                {
                    missing.Add($"{path}{key.Name}");
                }

                Look(key.Schema, $"{path}{key.Name}.");
            }
        }
    }

    [Fact]
    public void Schema_Committed_IsTheOneOfTheCode() =>
        Assert.Equal(ConfigSchema.Text(), File.ReadAllText(Repository.PathOf("config", "gateway.schema.json")));

    [Fact]
    public void Reference_Committed_IsTheOneOfTheCode() =>
        Assert.Contains(
            $"<!-- keys: ./gateway schema --markdown -->\n{ConfigReference.Table()}<!-- end of keys -->",
            File.ReadAllText(Repository.PathOf("docs", "configuration.md")),
            StringComparison.Ordinal);

    [Fact]
    public void Sample_FirstLine_NamesTheSchema() =>
        Assert.Equal(
            "# yaml-language-server: $schema=gateway.schema.json",
            File.ReadLines(Repository.PathOf("config", "gateway.yaml")).First());

    [Fact]
    public void Sample_HeldAgainstTheSchema_IsAccepted() =>
        Assert.Empty(Violations(File.ReadAllBytes(Repository.PathOf("config", "gateway.yaml"))));

    [Theory]
    [InlineData("valid-smallest", true)]
    [InlineData("valid-json", true)]
    [InlineData("valid-optional-keys", true)]
    [InlineData("valid-environment", true)]
    [InlineData("valid-static-files", true)]
    [InlineData("unknown-key-near", false)]
    [InlineData("unknown-key-deep", false)]
    [InlineData("missing-version", false)]
    [InlineData("duration-fraction", false)]
    [InlineData("size-decimal-unit", false)]
    [InlineData("percentage-as-ratio", false)]
    [InlineData("number-out-of-range", false)]
    [InlineData("word-far", false)]
    [InlineData("text-for-list", false)]
    [InlineData("bad-name", false)]
    public void Case_HeldAgainstTheSchema_IsJudgedAsByTheLoader(string name, bool accepted) =>
        Assert.Equal(
            accepted,
            Violations(File.ReadAllBytes(Repository.PathOf("tests", "Gateway.Tests", "Configuration", "Cases", name
                + ".yaml"))).Count == 0);

    private static List<string> Violations(byte[] yaml)
    {
        var node = YamlComposer.Compose(yaml, (line, column, message) => Assert.Fail($"{line}:{column}: {message}"));
        var found = new List<string>();
        Check(JsonNode.Parse(ConfigSchema.Text())!.AsObject(), ToJson(node!), "", found);
        return found;
    }

    private static JsonNode? ToJson(ConfigNode node) => node switch
    {
        MappingNode mapping => new JsonObject(mapping.Entries.Select(entry => KeyValuePair.Create(entry.Key.Text, ToJson(entry.Value)))),
        ListNode list => new JsonArray([.. list.Items.Select(ToJson)]),
        ScalarNode { IsNull: true } => null,
        ScalarNode { Plain: true } number when long.TryParse(number.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) =>
            JsonValue.Create(value),
        ScalarNode { Plain: true, Text: "true" or "false" } flag =>
            JsonValue.Create(string.Equals(flag.Text, "true", StringComparison.Ordinal)),
        ScalarNode text => JsonValue.Create(text.Text),
        _ => throw new InvalidOperationException("There is no other kind of node."),
    };

    /// <summary>The part of JSON schema that ours uses.</summary>
    private static void Check(JsonObject schema, JsonNode? value, string path, List<string> found)
    {
        foreach (var (keyword, rule) in schema)
        {
            var holds = keyword switch
            {
                "type" => rule is JsonArray types
                    ? types.Any(type => IsOf(type!.GetValue<string>(), value))
                    : IsOf(rule!.GetValue<string>(), value),
                "enum" => rule!.AsArray().Any(one => JsonNode.DeepEquals(one, value)),
                "pattern" => value?.GetValueKind() is not System.Text.Json.JsonValueKind.String
                    || Regex.IsMatch(value.GetValue<string>(), rule!.GetValue<string>(), RegexOptions.None, TimeSpan.FromSeconds(5)),
                "minimum" => value?.GetValueKind() is not System.Text.Json.JsonValueKind.Number
                    || value.GetValue<long>() >= rule!.GetValue<long>(),
                "maximum" => value?.GetValueKind() is not System.Text.Json.JsonValueKind.Number
                    || value.GetValue<long>() <= rule!.GetValue<long>(),
                "minLength" => value?.GetValueKind() is not System.Text.Json.JsonValueKind.String
                    || value.GetValue<string>().Length >= rule!.GetValue<int>(),
                "maxLength" => value?.GetValueKind() is not System.Text.Json.JsonValueKind.String
                    || value.GetValue<string>().Length <= rule!.GetValue<int>(),
                "minItems" => value is not JsonArray list || list.Count >= rule!.GetValue<int>(),
                "maxItems" => value is not JsonArray list || list.Count <= rule!.GetValue<int>(),
                "maxProperties" => value is not JsonObject mapping || mapping.Count <= rule!.GetValue<int>(),
                "minProperties" => value is not JsonObject mapping || mapping.Count >= rule!.GetValue<int>(),
                "required" => value is not JsonObject mapping || rule!.AsArray().All(key => mapping.ContainsKey(key!.GetValue<string>())),
                "propertyNames" => value is not JsonObject mapping
                    || mapping.All(entry => Regex.IsMatch(
                        entry.Key,
                        rule!["pattern"]!.GetValue<string>(),
                        RegexOptions.None,
                        TimeSpan.FromSeconds(5))),
                "anyOf" => rule!.AsArray().Any(one => Fits(one!.AsObject(), value)),
                "items" => Every(value is JsonArray list ? list : [], item => Check(rule!.AsObject(), item, path + "[]", found)),
                "properties" => Every(
                    value is JsonObject mapping ? mapping.Where(entry => rule!.AsObject().ContainsKey(entry.Key)) : [],
                    entry => Check(rule![entry.Key]!.AsObject(), entry.Value, $"{path}.{entry.Key}", found)),
                "additionalProperties" when rule is JsonObject each => Every(
                    value is JsonObject mapping ? mapping : [],
                    entry => Check(each, entry.Value, $"{path}.{entry.Key}", found)),
                "additionalProperties" => value is not JsonObject mapping
                    || mapping.All(entry => schema["properties"]!.AsObject().ContainsKey(entry.Key)),
                "description" or "title" or "$schema" => true,
                _ => throw new InvalidOperationException($"The schema uses \"{keyword}\", which this test does not know."),
            };
            if (!holds)
            {
                found.Add($"{path}: {keyword}");
            }
        }
    }

    private static bool Fits(JsonObject schema, JsonNode? value)
    {
        var found = new List<string>();
        Check(schema, value, "", found);
        return found.Count == 0;
    }

    private static bool Every<T>(IEnumerable<T> items, Action<T> check)
    {
        foreach (var item in items)
        {
            check(item);
        }

        return true;
    }

    private static bool IsOf(string type, JsonNode? value) => type switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "integer" => value?.GetValueKind() is System.Text.Json.JsonValueKind.Number,
        "boolean" => value?.GetValueKind() is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False,
        _ => value?.GetValueKind() is System.Text.Json.JsonValueKind.String,
    };
}
