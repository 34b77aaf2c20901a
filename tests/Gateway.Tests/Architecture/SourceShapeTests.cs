using Xunit;

namespace Gateway.Tests.Architecture;

/// <summary>Files and methods stay short enough to be read in one go, and <c>partial</c> hides no length.</summary>
[Trait("kind", "unit")]
public sealed class SourceShapeTests
{
    [Fact]
    public void Sources_AreShort()
    {
        var sources = Sources.OfTheGateway();
        string[] problems =
        [
            .. sources.SelectMany(static source => SourceShape.ProblemsOf(source.Path, source.Text)),
            .. sources.SelectMany(static source => SourceShape.MisplacedClasses(source.Path, source.Text)),
            .. SourceShape.TypesInSeveralFiles(sources),
            // Drills are scripts in many places: their files are short, their methods may be steps in a row.
            .. Sources.OfTheLoads()
                .SelectMany(static source => SourceShape.ProblemsOf(source.Path, source.Text))
                .Where(static problem => problem.EndsWith(": long file", StringComparison.Ordinal)),
        ];

        Assert.True(problems.Length == 0, string.Join('\n', problems));
    }

    [Fact]
    public void Sources_AreNarrow()
    {
        var wide = Sources.All()
            .Where(static source => SourceShape.HasWideLine(source.Text))
            .Select(static source => source.Path)
            .ToArray();

        Assert.True(wide.Length == 0, $"Lines above {SourceShape.Columns} columns:\n" + string.Join('\n', wide));
    }

    [Theory]
    [InlineData(300, false)]
    [InlineData(301, true)]
    public void File_TooLong_IsTold(int lines, bool told) =>
        Assert.Equal(
            told,
            SourceShape.ProblemsOf("Health/A.cs", "class A;\n" + new string('\n', lines - 1)).Contains(
                "Health/A.cs: long file",
                StringComparer.Ordinal));

    [Theory]
    [InlineData("class A\n{\n    int _x = 3;\n    void B(int c)\n    {~    }\n}\n", "B")]
    [InlineData("class A\n{\n    A(int c) : base(c)\n    {~    }\n}\n", "A")]
    [InlineData("class A(int d) : B(d)\n{\n    int C<T>(T e) where T : class\n    {~    }\n}\n", "C")]
    [InlineData("class A\n{\n    int B(int c) => c switch\n    {~    };\n}\n", "B")]
    [InlineData("class A\n{\n    class B\n    {\n        int C(string d = \"}\") // {\n        {~        }\n    }\n}\n", "C")]
    [InlineData("class A\n{\n    [Some(\"a\", B = 3)]\n    (int, string) C() {~        }\n    static bool operator ==(A a, A b) { return "
        + "true; }\n}\n", "C")]
    [InlineData("class A\n{\n    static bool operator ==(A a, A b) { return true; }\n    void B() {~        }\n}\n", "B")]
    [InlineData("class A\n{\n    // Some words\n    [Async(typeof(B<>))]\n    private async ValueTask<C?> D(int[] e)\n    {~    "
        + "}\n}\n", "D")]
    [InlineData("namespace X { class A\n{\n    int B { get; } = 3;\n    void C() { if (D()) {~        } }\n} }\n", "C")]
    public void Method_TooLong_IsTold(string source, string name)
    {
        Assert.Equal(
            [$"A.cs: long method {name}"],
            SourceShape.ProblemsOf("A.cs", source.Replace("~", new string('\n', SourceShape.MethodLines + 1), StringComparison.Ordinal)));
        Assert.Empty(SourceShape.ProblemsOf(
            "A.cs",
            source.Replace("~", new string('\n', SourceShape.MethodLines - 5), StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("class A\n{\n    static readonly B[] C = [D(),~    ];\n}\n")]
    [InlineData("class A\n{\n    /*  B()~    */\n    void B() { }\n}\n")]
    [InlineData("enum A\n{~}\n")]
    [InlineData("class A\n{\n    void B() { }~    void C() { }\n}\n")]
    [InlineData("class A\n{\n    /* Some ~ */\n    void B() { }\n}\n")]
    public void Lines_OutsideOfMethods_AreNotTold(string source) =>
        Assert.Empty(SourceShape.ProblemsOf(
            "A.cs",
            source.Replace("~", new string('\n', SourceShape.MethodLines + 1), StringComparison.Ordinal)));

    [Theory]
    [InlineData("// ~", true)]
    [InlineData("int B = ~;", true)]
    [InlineData("string B = \"~\";", true)]
    [InlineData("string B = \"\"\"~\"\"\";", false)]
    [InlineData("string B = $$\"\"\"\n~\n\"\"\";", false)]
    [InlineData("string B = \"\"\"a\"\"\"; // ~", true)]
    public void Line_TooWide_IsTold(string line, bool told)
    {
        var source = $"class A\n{{\n{line.Replace("~", new string('a', 141), StringComparison.Ordinal)}\n}}\n";

        Assert.Equal(told, SourceShape.ProblemsOf("A.cs", source).Contains("A.cs: wide line", StringComparer.Ordinal));
        Assert.False(SourceShape.HasWideLine(new string('a', 140) + "\n"));
    }

    [Theory]
    [InlineData("Health/A.cs", "internal sealed class A;\ninternal readonly record struct B;\nenum C;", null)]
    [InlineData("Health/A.cs", "internal sealed class A;\ninternal static class B;", "B")]
    [InlineData("Health/A.cs", "internal sealed class A\n{\n    private sealed class B;\n}", null)]
    [InlineData("Health/A.cs", "// class B\nclass A;", null)]
    public void Class_InAnotherFile_IsTold(string path, string source, string? name) =>
        Assert.Equal(name is null ? [] : [$"{path}: class {name} needs a file of its name"], SourceShape.MisplacedClasses(path, source));

    [Theory]
    [InlineData("partial class A;", true)]
    [InlineData("partial record struct A;", true)]
    [InlineData("class A { string b = \"partial class B\"; } // partial class C", false)]
    [InlineData("partial class A\n{\n    [LoggerMessage(1, LogLevel.Debug, \"b\")]\n    partial void B();\n}", false)]
    [InlineData("partial class A\n{\n    [GeneratedRegex(\"b\")]\n    private static partial Regex B();\n}", false)]
    public void PartialType_WithoutAGenerator_IsTold(string source, bool told) =>
        Assert.Equal(told, SourceShape.ProblemsOf("A.cs", source).Contains("A.cs: partial", StringComparer.Ordinal));

    [Fact]
    public void PartialType_InSeveralFiles_IsTold() =>
        Assert.Equal(["Health: B in several files"], SourceShape.TypesInSeveralFiles(
        [
            ("Health/A.cs", "partial class A { partial class C; partial class C; }"),
            ("Health/B.cs", "partial class B;"),
            ("Health/B.Parts.cs", "partial class B;"),
            ("Cli/A.cs", "partial class A;"),
        ]));
}
