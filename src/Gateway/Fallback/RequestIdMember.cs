using System.Text;
using System.Text.Encodings.Web;

namespace Gateway.Fallback;

/// <summary>The member <c>requestId</c> of a problem (RFC 9457): by it the request is found in the log.</summary>
internal static class RequestIdMember
{
    /// <summary>
    /// A body with the member added to the JSON object that it ends with; an event's two line ends may follow the object.
    /// </summary>
    public static byte[] AddTo(ReadOnlySpan<byte> problem, string requestId)
    {
        var end = problem.LastIndexOf((byte)'}');
        var member = Encoding.UTF8.GetBytes($",\"requestId\":\"{JavaScriptEncoder.Default.Encode(requestId)}\"");
        var body = new byte[problem.Length + member.Length];
        problem[..end].CopyTo(body);
        member.CopyTo(body, end);
        problem[end..].CopyTo(body.AsSpan(end + member.Length));
        return body;
    }
}
