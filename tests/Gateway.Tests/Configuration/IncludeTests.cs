using Gateway.Configuration;
using Gateway.Configuration.Including;
using Gateway.Configuration.Reading;
using Xunit;

namespace Gateway.Tests.Configuration;

/// <summary>Configurations of several files, written to disk and read by the loader.</summary>
[Trait("kind", "unit")]
public sealed class IncludeTests
{
    private const string Main = "version: 1\ninclude: conf.d/*.yaml\nlisten: [ { url: \"http://127.0.0.1:8080\" } ]\n";
    private const string Shop =
        "clusters:\n  shop: { tiers: [ { name: primary, destinations: [ \"http://127.0.0.1:9001\", \"http://127.0.0.1:9002\" ] } ] "
            + "}\nroutes:\n  shop: { match: { path: \"/shop/{**rest}\" }, cluster: shop }\n";

    /// <summary>Files, each after a line <c>-- name</c>, and every problem and warning that they give.</summary>
    public static TheoryData<string, string, string[]> Cases() => new()
    {
        { "merged", $"-- gateway.yaml\n{Main}-- conf.d/shop.yaml\n{Shop}", [] },
        { "json",
        $"-- gateway.yaml\n{Main}-- "
            + $"conf.d/shop.yaml\n{{\"clusters\":{{\"shop\":"
            + $"{{\"tiers\":[{{\"name\":\"primary\",\"destinations\":[\"http://127.0.0.1:9001\",\"http://127.0.0.1:9002\"]}}]}}}},"
            + $"\"routes\":{{\"shop\":{{\"match\":{{\"path\":\"/\"}},\"cluster\":\"shop\"}}}}}}\n", [] },
        { "cluster twice", $"-- gateway.yaml\n{Main}{Shop}-- conf.d/a.yaml\nclusters:\n  shop: {{ tiers: [] }}\n",
        [
        "conf.d/a.yaml:2:3: The cluster \"shop\" is defined twice, here and at gateway.yaml:5:3. Remove one of the two, or write another "
            + "name."] },
        { "route twice",
        $"-- gateway.yaml\n{Main}-- conf.d/a.yaml\n{Shop}-- conf.d/b.yaml\nroutes:\n\n  shop: {{ match: {{ path: / }}, cluster: shop }}\n",
        [
        "conf.d/b.yaml:3:3: The route \"shop\" is defined twice, here and at conf.d/a.yaml:4:3. Remove one of the two, or write another "
            + "name."] },
        { "level twice",
        $"-- gateway.yaml\n{Main}levels: {{ low: {{ tiers: all }} }}\n{Shop}-- conf.d/a.yaml\nlevels: {{ medium: {{ tiers: first }}, low: "
            + $"{{ tiers: first }} "
            + $"}}\n", ["conf.d/a.yaml:1:37: The level \"low\" is defined twice, here and at gateway.yaml:4:11. Remove one of the two, or "
            + "write another name."] },
        { "scalar twice", $"-- gateway.yaml\n{Main}drain: 1s\n{Shop}-- conf.d/a.yaml\n\ndrain: 2s\n",
        ["conf.d/a.yaml:2:1: The key \"drain\" is written twice, here and at gateway.yaml:4:1. Remove one of the two."] },
        { "record twice",
        $"-- gateway.yaml\n{Main}limits: {{ connections: 5 }}\n{Shop}-- conf.d/a.yaml\nlimits: {{ requestBody: 1MiB }}\n",
        ["conf.d/a.yaml:1:1: The key \"limits\" is written twice, here and at gateway.yaml:4:1. Remove one of the two."] },
        { "version twice", $"-- gateway.yaml\n{Main}{Shop}-- conf.d/a.yaml\nversion: 1\n",
        ["conf.d/a.yaml:1:1: The key \"version\" is written twice, here and at gateway.yaml:1:1. Remove one of the two."] },
        { "twice in one file",
        $"-- gateway.yaml\n{Main}{Shop}-- conf.d/a.yaml\ndrain: 1s\ndrain: 2s\nclusters:\n  a: {{ tiers: [ {{ name: p, destinations: [ "
            + $"\"http://127.0.0.1:9002\" ] }} ] }}\n  a: {{ tiers: [] "
            + $"}}\n", ["conf.d/a.yaml:2:1: The key stands here twice, given \"drain\" in line 1 already. Write it "
            + "once.", "conf.d/a.yaml:5:3: The name stands here twice, given \"a\" in line 4 already. Write another name."] },
        { "include in an included file",
        $"-- gateway.yaml\n{Main}{Shop}-- conf.d/a.yaml\ninclude: more/*.yaml\n-- conf.d/more/b.yaml\ndrain: 2s\n",
        [
        "conf.d/a.yaml:1:1: An included file cannot include further files, given \"include\". Write its files under \"include\" of "
            + "gateway.yaml."] },
        { "nothing matches", $"-- gateway.yaml\n{Main}{Shop}",
        ["warning gateway.yaml:2:10: No file has such a name, given \"conf.d/*.yaml\". Leave it if files will be put there."] },
        { "second pattern matches nothing",
        $"-- gateway.yaml\n{Main.Replace("conf.d/*.yaml", "[ \"*.yml\", \"conf.d/*.yaml\" ]", StringComparison.Ordinal)}-- a.yml\n{Shop}",
        ["warning gateway.yaml:2:21: No file has such a name, given \"conf.d/*.yaml\". Leave it if files will be put there."] },
        { "named file is missing", $"-- gateway.yaml\n{Main.Replace("*", "shop", StringComparison.Ordinal)}{Shop}",
        ["conf.d/shop.yaml:1:1: There is no such file. Name an existing one, or put it there."] },
        { "itself, hidden files and folders are left out",
        $"-- gateway.yaml\n{Main.Replace("conf.d/*.yaml", "\"*.yaml\"", StringComparison.Ordinal)}{Shop}-- .shop.yaml\nx\n-- "
            + $"b.yaml/c\nx\n", ["warning gateway.yaml:2:10: No file has such a name, given \"*.yaml\". Leave it if files will be put "
            + "there."] },
        { "one file by two patterns",
        $"-- gateway.yaml\n{Main.Replace("conf.d/*.yaml", "[ conf.d/*.yaml, ./conf.d/sh?p.yaml ]", StringComparison.Ordinal)}-- "
            + $"conf.d/shop.yaml\n{Shop}", [] },
        { "folder", $"-- gateway.yaml\n{Main.Replace("*.yaml", "", StringComparison.Ordinal)}{Shop}",
        [
        "gateway.yaml:2:10: \"include\" must be a path with or without wildcards, given \"conf.d/\". This is a folder: write "
            + "\"conf.d/*.yaml\"."] },
        { "wildcard in a folder",
        $"-- gateway.yaml\n"
            + $"{Main.Replace("conf.d/*", "\"*/shop", StringComparison.Ordinal).Replace(".yaml\n", ".yaml\"\n", StringComparison.Ordinal)}"
            + $"{Shop}", ["gateway.yaml:2:10: \"include\" must be a path with or without wildcards, given \"*/shop.yaml\". Wildcards can "
            + "stand in a file's name only, not in a folder's."] },
        { "not YAML", $"-- gateway.yaml\n{Main}-- conf.d/a.yaml\n{Shop}-- conf.d/b.yaml\nroutes:\n\tx: 1\n",
        ["conf.d/b.yaml:2:1: A tab indents this line. Write spaces: YAML knows no other indentation."] },
        { "empty file", $"-- gateway.yaml\n{Main}{Shop}-- conf.d/b.yaml\n",
        ["conf.d/b.yaml:1:1: The file is empty. Write keys such as clusters and routes, or remove the file."] },
        { "list", $"-- gateway.yaml\n{Main}{Shop}-- conf.d/b.yaml\n- a\n",
        ["conf.d/b.yaml:1:1: An included file must be a mapping of keys. Write keys such as clusters and routes, or remove the file."] },
        { "kinds that do not merge",
        $"-- gateway.yaml\n{Main}routes:\n{Shop[..Shop.IndexOf("routes", StringComparison.Ordinal)]}-- conf.d/a.yaml\nroutes: {{ shop: {{ "
            + $"match: {{ path: / }}, cluster: shop }} }}\nlisten: "
            + $"5\n", ["gateway.yaml:4:8: \"routes\" stands at conf.d/a.yaml:1:1 too and must be a mapping of names in both files, given "
            + "nothing. Write a mapping of names, or remove the key "
            + "here.", "conf.d/a.yaml:2:9: \"listen\" stands at gateway.yaml:3:1 too and must be a list in both files, given a text. Write "
            + "a list, or remove the key here."] },
        { "problems of values",
        $"-- gateway.yaml\n{Main}drain: 1\n-- conf.d/a.yaml\n{Shop}  b: {{ match: {{ path: /b }}, cluster: shopp }}\n-- "
            + $"conf.d/b.yaml\nredus: 1\nlisten: [ {{ url: \"http://127.0.0.1:8080\" }} "
            + $"]\n", ["gateway.yaml:4:8: \"drain\" must be a duration from 0s to 5m, given \"1\". Write the unit too, 1ms or "
            + "1s.", "conf.d/a.yaml:5:38: There is no such cluster, given \"shopp\". Write \"shop\" "
            + "instead.", "conf.d/b.yaml:1:1: The file has no such key, given \"redus\". Write \"redis\" "
            + "instead.", "conf.d/b.yaml:2:18: Two ports of \"listen\" are the same, given \"http://127.0.0.1:8080\" beside "
            + "\"http://127.0.0.1:8080\". Write another port."] },
        { "nothing in any file", $"-- gateway.yaml\n{Main}-- conf.d/a.yaml\ndrain: 1s\n",
        [
        "gateway.yaml:1:1: The file has no key \"clusters\" (the services behind the gateway, each with its tiers). Write a mapping of "
            + "names, each to a cluster "
            + "there.", "gateway.yaml:1:1: The file has no key \"routes\" (which requests go where, how important they are, and what they "
            + "get when no tier can serve). Write a mapping of names, each to a route there."] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Files_Judged_SayExactlyThis(string name, string files, string[] expected)
    {
        Assert.NotEmpty(name);
        using var folder = new TemporaryFolder();
        var result = ConfigLoader.Load(Write(folder, files), static _ => null);

        string[] actual = [.. result.Problems.Select(static p => p.ToString()), .. result.Warnings.Select(static w => "warning " + w)];
        Assert.Equal(expected, actual.Select(line => line.Replace(folder.Path + "/", "", StringComparison.Ordinal)));
        Assert.Equal(result.Problems.IsEmpty, result.Config is not null);
    }

    [Fact]
    public void Merged_Files_ComeInTheOrderOfTheirNames()
    {
        using var folder = new TemporaryFolder();
        string More(string name, int port) =>
            $"-- conf.d/{name}.yaml\nlisten: [ {{ url: \"http://127.0.0.1:{port}\" }} ]\nclusters: {{ {name}: {{ tiers: [ {{ name: p, "
                + $"destinations: [ \"http://127.0.0.1:{port + 1000}\" ] }} ] }} }}\nroutes: {{ {name}: {{ match: {{ path: /{name} }}, "
                + $"cluster: {name} }} }}\nlevels: {{ {(name == "a" ? "low" : "medium")}: {{ shedAt: {port - 8000}% }} }}\nnotify: [ {{ "
                + $"webhook: \"http://127.0.0.1:9/{name}\", events: [failover] }} ]\n";

        var result = ConfigLoader.Load(
            Write(
                folder,
                $"-- gateway.yaml\n{Main}{Shop}notify: [ {{ webhook: \"http://127.0.0.1:9/main\", events: [failover] }} ]\n"
                    + $"{More("b", 8002)}{More("a", 8001)}"),
            static _ => null);

        Assert.Empty(result.Problems);
        var config = result.Config!;
        Assert.Equal([8080, 8001, 8002], config.Listen.Select(static listen => listen.Url.Port));
        Assert.Equal(["shop", "a", "b"], config.Clusters.Select(static cluster => cluster.Name));
        Assert.Equal(["shop", "a", "b"], config.Routes.Select(static route => route.Name));
        Assert.Equal(["/main", "/a", "/b"], config.Notify.Select(static notify => notify.Webhook!.AbsolutePath));
        Assert.Equal((0.01, 0.02), (config.Levels.Low.ShedAt, config.Levels.Medium.ShedAt));
        Assert.Equal(["a.yaml", "b.yaml"], result.Included.Select(Path.GetFileName));
    }

    [Fact]
    public void Pattern_OfTheEnvironment_IsFilled()
    {
        using var folder = new TemporaryFolder();
        var main = Write(
            folder,
            $"-- gateway.yaml\n{Main.Replace("conf.d", "${SITE}.d", StringComparison.Ordinal)}-- east.d/a.yaml\n{Shop}");
        Assert.Empty(ConfigLoader.Load(main, static name => name is "SITE" ? "east" : null).Problems);
        Assert.Contains(
            "has no variable of this name",
            ConfigLoader.Load(main, static _ => null).Problems[0].Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Hash_ChangesWithEveryFile_AndNotWithTheFolder()
    {
        using var here = new TemporaryFolder();
        using var there = new TemporaryFolder();
        const string files = $"-- gateway.yaml\n{Main}-- conf.d/a.yaml\n{Shop}";
        var (one, same) = (ConfigLoader.Load(
            Write(here, files),
            static _ => null), ConfigLoader.Load(Write(there, files), static _ => null));
        Assert.Equal((64, one.Hash), (one.Hash.Length, same.Hash));

        there.Write("conf.d/a.yaml", Shop + "# new\n");
        var changed = ConfigLoader.Load(Path.Combine(there.Path, "gateway.yaml"), static _ => null).Hash;
        there.Write("conf.d/b.yaml", "drain: 2s\n");
        var added = ConfigLoader.Load(Path.Combine(there.Path, "gateway.yaml"), static _ => null).Hash;
        Assert.Equal(3, new[] { one.Hash, changed, added }.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData(ConfigSet.MostFiles, null)]
    [InlineData(ConfigSet.MostFiles + 1, "/conf.d/f-256.yaml:1:1: More than 256 files are included, this one first. Write larger ones.")]
    public void Files_TooMany_AreAProblem(int count, string? problem)
    {
        using var folder = new TemporaryFolder();
        for (var i = 0; i < count; i++)
        {
            folder.Write(
                $"conf.d/f-{i:000}.yaml",
                $"clusters: {{ c{i}: {{ tiers: [ {{ name: p, destinations: [ \"http://127.0.0.1:{9000 + i}\" ] }} ] }} }}\n");
        }

        var result = ConfigLoader.Load(Write(folder, $"-- gateway.yaml\n{Main}{Shop}"), static _ => null);
        Assert.Equal(problem is null ? [] : [folder.Path + problem], result.Problems.Select(static p => p.ToString()));
    }

    [Fact]
    public void Files_TooLarge_AreAProblem()
    {
        using var folder = new TemporaryFolder();
        var large = "# " + new string('x', ConfigFile.LargestSize - 100) + "\ndrain: 1s\n";
        for (var i = 0; i < 5; i++)
        {
            folder.Write($"conf.d/{i}.yaml", large);
        }

        var result = ConfigLoader.Load(Write(folder, $"-- gateway.yaml\n{Main}{Shop}"), static _ => null);
        Assert.EndsWith(
            "4.yaml:1:1: The included files are larger than 16MiB together. Split what the gateway does over several gateways.",
            result.Problems[^1].ToString(),
            StringComparison.Ordinal);
    }

    private static string Write(TemporaryFolder folder, string files)
    {
        foreach (var file in ("\n" + files).Split("\n-- ", StringSplitOptions.RemoveEmptyEntries))
        {
            var end = file.IndexOf('\n', StringComparison.Ordinal);
            folder.Write(file[..end], end == file.Length - 1 || file.EndsWith('\n') ? file[(end + 1)..] : file[(end + 1)..] + "\n");
        }

        return Path.Combine(folder.Path, "gateway.yaml");
    }
}
