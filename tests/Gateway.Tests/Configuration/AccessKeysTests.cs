using Gateway.Configuration;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;
using Gateway.Observability.Logging;
using Xunit;

namespace Gateway.Tests.Configuration;

/// <summary><c>telemetry.access</c>: a word, or a mapping with a pattern.</summary>
[Trait("kind", "unit")]
public sealed class AccessKeysTests
{
    [Theory]
    [InlineData("", nameof(AccessLevel.Sampled), null)]
    [InlineData("access: sampled", nameof(AccessLevel.Sampled), null)]
    [InlineData("access: all", nameof(AccessLevel.All), null)]
    [InlineData("access: errors", nameof(AccessLevel.Errors), null)]
    [InlineData("access: {}", nameof(AccessLevel.Sampled), null)]
    [InlineData("access: { log: all }", nameof(AccessLevel.All), null)]
    [InlineData("access: { pattern: \"{client} {status}\" }", nameof(AccessLevel.Sampled), "{client} {status}")]
    [InlineData("access: { log: errors, pattern: '{{{id}}}' }, logs: { format: text }", nameof(AccessLevel.Errors), "{{{id}}}")]
    public void Access_Valid_IsRead(string keys, string level, string? pattern)
    {
        var result = Judge(keys);

        Assert.Empty(result.Problems);
        Assert.Equal(new AccessConfig { Log = Enum.Parse<AccessLevel>(level), Pattern = pattern }, result.Config!.Telemetry.Access);
    }

    [Theory]
    [InlineData("access: none", "\"access\" must be one of all, sampled, errors")]
    [InlineData("access: error", "Write \"errors\" instead.")]
    [InlineData("access: { log: some }", "Write one of all, sampled, errors.")]
    [InlineData("access: { patern: x }", "Write \"pattern\" instead.")]
    [InlineData("access: { pattern: \"{statsu}\" }", "Write \"{status}\" instead of \"{statsu}\".")]
    [InlineData("access: { pattern: \"{wrongfully}\" }", "There is no field \"{wrongfully}\". Write one of time, clfTime, id, client,")]
    [InlineData("access: { pattern: \"{status\" }", "a brace itself is written twice.")]
    [InlineData("access: { pattern: nothing }", "a brace itself is written twice.")]
    [InlineData("access: { pattern: \"{status}\\n\" }", "none of them a control character.")]
    [InlineData("access: { pattern: \"{status}\" }, logs: { format: json "
        + "}", "A pattern makes lines of text, given with \"format: json\", which has every field by its name. Remove the pattern, or "
        + "write \"format: text\".")]
    [InlineData("access: { pattern: \"{status}\" }, logs: { format: ecs }", "given with \"format: ecs\"")]
    public void Access_Invalid_IsRefusedWithTheRemedy(string keys, string said) =>
        Assert.Contains(said, Assert.Single(Judge(keys).Problems).Message, StringComparison.Ordinal);

    [Fact]
    public void Access_ChangedWhileRunning_NeedsNoRestart()
    {
        var (before, after) = (Judge("access: all").Config!, Judge("access: { log: errors, pattern: \"{id}\" }").Config!);
        Assert.Empty(RestartNeeded.Between(before, after));
        Assert.Equal(["telemetry"], RestartNeeded.Between(before, Judge("logs: { format: json }").Config!));
    }

    private static ConfigResult Judge(string keys) => ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest + $"\ntelemetry: {{ {keys} }}\n");
}
