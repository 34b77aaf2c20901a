using Spectre.Console;

namespace Gateway.Drills.Figures;

/// <summary>What a drill tells people: tables and a live line on a terminal, plain lines anywhere else.</summary>
internal sealed class Report
{
    private readonly bool _isTerminal = !Console.IsOutputRedirected;

    /// <summary>Whether a person watches.</summary>
    public bool IsTerminal => _isTerminal;

    /// <summary>One line.</summary>
    public void Line(string text)
    {
        if (_isTerminal)
        {
            AnsiConsole.MarkupLineInterpolated($"{text}");
        }
        else
        {
            Console.WriteLine(text);
        }
    }

    /// <summary>Does something while a spinner says what; without a terminal the text is a line.</summary>
    public async Task<T> DuringAsync<T>(string what, Func<Action<string>, Task<T>> work)
    {
        if (!_isTerminal)
        {
            Console.WriteLine($"{what} ...");
            return await work(_ => { });
        }

        return await AnsiConsole.Status().StartAsync(
            Markup.Escape(what),
            context => work(text => context.Status(Markup.Escape($"{what}: {text}"))));
    }

    /// <summary>A table; columns are aligned in plain text too.</summary>
    public void Table(IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        if (_isTerminal)
        {
            var table = new Table().RoundedBorder();
            foreach (var column in columns)
            {
                table.AddColumn(Markup.Escape(column));
            }

            foreach (var row in rows)
            {
                table.AddRow([.. row.Select(Markup.Escape)]);
            }

            AnsiConsole.Write(table);
            return;
        }

        var widths = columns.Select((column, i) => rows.Select(row => row[i].Length).Append(column.Length).Max()).ToArray();
        Console.WriteLine(Aligned(columns, widths));
        foreach (var row in rows)
        {
            Console.WriteLine(Aligned(row, widths));
        }
    }

    /// <summary>The expectations that do not hold, then the one line that says pass or fail. Returns the exit code.</summary>
    public int Conclude(string drill, Verdict verdict, bool all = true)
    {
        var shown = verdict.Expectations.Where(expectation => all || !expectation.Holds).ToList();
        if (shown.Count > 0)
        {
            Table([
                "expected",
                "measured",
                "limit",
                "holds"
            ], [.. shown.Select(e => (IReadOnlyList<string>)[e.What, e.Measured, e.Limit, e.Holds ? "yes" : "NO"])]);
        }

        var missed = verdict.Expectations.Count(expectation => !expectation.Holds);
        Line(verdict.Holds
            ? $"PASSED: {drill}: all {verdict.Expectations.Count} expectations hold."
            : $"FAILED: {drill}: {missed} of {verdict.Expectations.Count} expectations do not hold.");
        return verdict.Holds ? 0 : 1;
    }

    private static string Aligned(IReadOnlyList<string> cells, int[] widths) =>
        string.Join("  ", cells.Select((cell, i) => i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))).TrimEnd();
}
