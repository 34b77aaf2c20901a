using Gateway.Health.Model;

namespace Gateway.Notifications;

/// <summary>Why a request to a receiver came to nothing, in the words that probes and requests share.</summary>
internal static class HttpFailure
{
    /// <summary>In words without an end.</summary>
    public static string WordsOf(HttpRequestException failure) => FailureCauses.Of(failure) switch
    {
        FailureCause.None when failure.HttpRequestError == HttpRequestError.SecureConnectionError =>
            FailureCauses.WordsOf(FailureCause.TlsHandshake),
        FailureCause.None => "the exchange broke",
        var cause => FailureCauses.WordsOf(cause),
    };
}
