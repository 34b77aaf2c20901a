namespace Gateway.Observability;

/// <summary>The words that the access log says.</summary>
internal static class TerminationCauses
{
    /// <summary>By <see cref="TerminationCause"/>.</summary>
    public static readonly string[] Words =
    [
        "gateway_error", "ok", "status_5xx", "too_many_requests", "client_abort", "refused", "unmatched", "no_tier", "level_not_served",
        "shed", "connect_refused", "connect_timeout", "connect_failed",
        "first_byte_timeout", "idle_timeout", "total_timeout", "reset", "truncated", "unwritable", "restarting", "redirect", "preflight",
        "denied", "rate_limited", "late", "collapsed",
        "stale_while_revalidate", "queue_timeout", "drained", "client_busy",
    ];

    /// <summary>The word of one cause.</summary>
    public static string Word(this TerminationCause cause) => Words[(int)cause];
}
