namespace Gateway.Upstream;

/// <summary>Takes the headers of a request to a destination. Structs, so that writing them costs no allocation.</summary>
internal interface IRequestHeaders
{
    /// <summary>Adds one line.</summary>
    void Add(string name, string? value);
}

/// <summary>
/// Those of an <see cref="HttpRequestMessage"/>; it refuses headers of a body, which stand with its content, even where that is empty.
/// </summary>
internal readonly struct MessageRequestHeaders(HttpRequestMessage message) : IRequestHeaders
{
    /// <inheritdoc/>
    /// <exception cref="UnwritableRequestException">The name is not a token, or the value has a control character.</exception>
    public void Add(string name, string? value)
    {
        if (value is not null)
        {
            UnwritableRequestException.ThrowUnlessHeader(name, value);
            if (!message.Headers.TryAddWithoutValidation(name, value) && !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }
    }
}
