using Gateway.Conformance.Support;

namespace Gateway.Conformance.Hostile;

/// <summary>A request as node's parser found it in what reached the destination.</summary>
internal sealed record RecordedRequest(string Method, string Target, IReadOnlyList<HeaderLine> Headers, string Body)
{
    /// <summary>All values of a header; empty: it is not there.</summary>
    public string Header(string name) =>
        string.Join(", ", Headers.Where(line => line.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(line => line.Value));
}
