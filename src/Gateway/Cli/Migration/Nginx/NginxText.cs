using System.Text;

namespace Gateway.Cli.Migration.Nginx;

/// <summary>nginx's texts with variables as the gateway's texts with values.</summary>
internal static class NginxText
{
    /// <summary>The same text in the gateway's grammar; null: a variable in it has no counterpart.</summary>
    public static string? Of(string text)
    {
        var result = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] != '$')
            {
                result.Append(text[at] is '{' or '}' ? new string(text[at], 2) : text[at].ToString());
                continue;
            }

            var braced = at + 1 < text.Length && text[at + 1] == '{';
            var begin = at + (braced ? 2 : 1);
            var end = begin;
            while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
            {
                end++;
            }

            var value = text[begin..end] switch
            {
                "host" or "http_host" or "server_name" => "{host}",
                "remote_addr" => "{client}",
                "uri" or "request_uri" or "document_uri" => "{path}",
                _ => null,
            };
            if (value is null)
            {
                return null;
            }

            result.Append(value);
            at = (braced ? end + 1 : end) - 1;
        }

        return result.ToString();
    }
}
