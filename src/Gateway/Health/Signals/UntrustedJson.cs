using System.Text.Json;

namespace Gateway.Health.Signals;

/// <summary>
/// JSON from outside. The parser checks its structure alone: a string that is not valid Unicode (a lone surrogate, bytes that are not
/// UTF-8) fails when it is read, and with another exception.
/// </summary>
internal static class UntrustedJson
{
    /// <summary>Whether an exception says that the text is invalid.</summary>
    public static bool IsInvalid(Exception exception) => exception is JsonException or InvalidOperationException;
}
