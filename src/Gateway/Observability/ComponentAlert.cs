namespace Gateway.Observability;

/// <summary>A part of the gateway itself that does not work.</summary>
/// <param name="Part">From a closed set, for <c>gateway_alarm</c>.</param>
/// <param name="Text">For operators: what is wrong, what it costs, what to do.</param>
internal readonly record struct ComponentAlert(string Part, string Text);
