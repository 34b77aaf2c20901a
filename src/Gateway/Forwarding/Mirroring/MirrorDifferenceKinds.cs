namespace Gateway.Forwarding.Mirroring;

/// <summary>The names of kinds.</summary>
internal static class MirrorDifferenceKinds
{
    /// <summary>A kind's name in figures and pages.</summary>
    public static string NameOf(MirrorDifferenceKind kind) => kind switch
    {
        MirrorDifferenceKind.Status => "status",
        MirrorDifferenceKind.Type => "type",
        MirrorDifferenceKind.Shape => "shape",
        MirrorDifferenceKind.Size => "size",
        _ => "latency",
    };
}
