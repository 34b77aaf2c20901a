namespace Gateway.Conformance.SameBytes;

/// <summary>Cells that are known to differ. Each must still differ: a mended one fails until its line goes.</summary>
internal static class KnownDefects
{
    private static readonly (string Behaviour, Func<Cell, bool> Covers)[] Defects = [];

    /// <summary>The behaviour that makes this cell differ; null: it must not differ.</summary>
    public static string? Of(Cell cell) => Defects.FirstOrDefault(defect => defect.Covers(cell)).Behaviour;
}
