using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Configuration.Including;
using Gateway.Configuration.Keys;

namespace Gateway.Configuration;

/// <summary>The JSON schema of the file, made from the table of keys that reads it.</summary>
internal static class ConfigSchema
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };

    /// <summary>The schema as a file's text, with a line end.</summary>
    public static string Text()
    {
        // Draft 7: what the YAML language server of the common editors understands in full.
        var schema = new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "The gateway's configuration",
        };
        foreach (var (name, value) in GatewayKeys.Root.ToSchema())
        {
            schema[name] = value?.DeepClone();
        }

        // Included files may have the other keys, which an editor cannot look up.
        schema["required"] = new JsonArray("version");
        schema["anyOf"] = new JsonArray(
            new JsonObject
            {
                [
                "required"] =
                    new JsonArray([.. GatewayKeys.Root.Keys.Where(static key => key.Required).Select(static key => (JsonNode)key.Name)])
            },
            new JsonObject { ["required"] = new JsonArray(IncludeMerge.Key) });
        return schema.ToJsonString(Readable) + "\n";
    }
}
