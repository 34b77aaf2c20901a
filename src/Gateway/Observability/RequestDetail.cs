namespace Gateway.Observability;

/// <summary>How finely <c>gateway_requests_total</c> is shown, from the finest.</summary>
internal enum RequestDetail
{
    /// <summary>By route, outcome and code.</summary>
    ByRoute,

    /// <summary>Live and failed requests by route; the others of all routes together, as <c>route="*"</c>.</summary>
    RareTogether,

    /// <summary>All routes together.</summary>
    Together,
}
