namespace Gateway.Drills.Plans;

/// <summary>Something in a drill file that is not understood or makes no sense.</summary>
/// <param name="File">The file, as it was named.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Text">What is wrong and what to write instead.</param>
internal sealed record PlanProblem(string File, long Line, long Column, string Text)
{
    /// <summary>As the gateway's own check writes it: <c>file:line:column: text</c>.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}: {Text}";
}

/// <summary>Drill files that cannot be used, with every problem that was found.</summary>
internal sealed class PlanException(IReadOnlyList<PlanProblem> problems) : Exception(string.Join('\n', problems))
{
    /// <summary>All of them, in the order of the file.</summary>
    public IReadOnlyList<PlanProblem> Problems { get; } = problems;
}
