namespace Gateway.Server.Acme.Messages;

/// <summary>What an authority says of a failure (RFC 7807; RFC 8555, section 6.7).</summary>
internal sealed record AcmeProblem
{
    /// <summary>The nonce is one that the authority no longer knows; the request may be sent again with the one that came along.</summary>
    public const string BadNonce = "urn:ietf:params:acme:error:badNonce";

    public string? Type { get; init; }

    public string? Detail { get; init; }

    /// <summary>One problem for each name.</summary>
    public AcmeProblem[]? Subproblems { get; init; }

    /// <summary>In words, for people: of what the authority wrote, at most 300 printable characters.</summary>
    public override string ToString()
    {
        var detail = Detail ?? Subproblems?.FirstOrDefault()?.Detail;
        var text = $"{Type?.Split(':')[^1] ?? "no type"}: {detail ?? "no detail"}";
        return string.Concat(text.Where(static letter => !char.IsControl(letter)).Take(300));
    }
}
