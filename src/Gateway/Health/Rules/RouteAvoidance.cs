namespace Gateway.Health.Rules;

/// <summary>How far one route's requests keep away from a destination that other routes go on using. The order counts.</summary>
internal enum RouteAvoidance
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>It asked for a pause (<c>Retry-After</c>): others of its tier are preferred.</summary>
    Deferred,

    /// <summary>It may be ill on this route: others are preferred, of other tiers too, and so show whether they serve it.</summary>
    Suspected,

    /// <summary>Others serve what it fails on this route: they are preferred, even to affinity.</summary>
    Ill,
}
