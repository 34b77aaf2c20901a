namespace Gateway.Cli.Migration;

/// <summary>Something that was not carried over, or not exactly.</summary>
/// <param name="At">Where it stands.</param>
/// <param name="What">What stands there, as written.</param>
/// <param name="Why">Why it is not carried over, a sentence without a full stop.</param>
/// <param name="Instead">What to write or do by hand, a sentence without a full stop.</param>
internal sealed record MigrationNote(SourcePlace At, string What, string Why, string Instead)
{
    /// <summary><c>file:line: "what" why. Instead.</c></summary>
    public override string ToString() => $"{At}: {Configuration.Reading.Reader.Quote(What)}: {Why}. {Instead}.";
}
