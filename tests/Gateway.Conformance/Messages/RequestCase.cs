using Gateway.Conformance.Hostile;

namespace Gateway.Conformance.Messages;

/// <summary>One request of HTTP/1 as bytes, and what must come of it.</summary>
/// <param name="Name">What is odd about it, and where that is decided.</param>
/// <param name="Text">In it <c>PATH</c> stands for the path with the case's id. Behind it a plain GET follows
/// on the same connection.</param>
/// <param name="Statuses">The statuses that come back on the connection until it ends: with the follower's
/// if the connection persists.</param>
/// <param name="Reached">What reached the destination of the case's own request; null: nothing did.</param>
internal sealed record RequestCase(string Name, string Text, string Statuses, Action<RecordedRequest>? Reached);
