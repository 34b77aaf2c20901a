namespace Gateway.Cli.Migration;

/// <summary>Where something stands in a configuration of another proxy. Lines count from 1.</summary>
internal readonly record struct SourcePlace(string File, int Line)
{
    /// <summary>Without the folder, for a comment in the new file.</summary>
    public string Short => $"{Path.GetFileName(File)}:{Line}";

    /// <summary><c>file:line</c>, which editors and terminals turn into a link.</summary>
    public override string ToString() => $"{File}:{Line}";
}
