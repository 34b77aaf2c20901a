namespace Gateway.Fuzzing.Engine;

/// <summary>Makes the input of a finding shorter and plainer, as long as it shows the same mistake.</summary>
internal sealed class Minimizer(InputRunner runner)
{
    private const int MostRuns = 3_000;

    private int _left = MostRuns;

    /// <summary>The finding with a shorter input. One that takes its time stays as it is.</summary>
    public Finding Of(Finding finding)
    {
        if (finding.Kind == FindingKind.Hang)
        {
            return finding;
        }

        for (var size = finding.Input.Length; size > 0 && _left > 0; size /= 2)
        {
            finding = Without(finding, size);
        }

        for (var at = 0; at < finding.Input.Length && _left > 0; at++)
        {
            byte[] plainer = [.. finding.Input];
            plainer[at] = (byte)'0';
            finding = Same(finding, plainer) ?? finding;
        }

        return finding;
    }

    private Finding Without(Finding finding, int size)
    {
        for (var at = 0; at + size <= finding.Input.Length && _left > 0;)
        {
            byte[] shorter = [.. finding.Input.AsSpan(0, at), .. finding.Input.AsSpan(at + size)];
            var same = Same(finding, shorter);
            finding = same ?? finding;
            at += same is null ? size : 0;
        }

        return finding;
    }

    private Finding? Same(Finding finding, byte[] input)
    {
        _left--;
        var next = runner.Run(input);
        return string.Equals(next?.Signature, finding.Signature, StringComparison.Ordinal) ? next : null;
    }
}
