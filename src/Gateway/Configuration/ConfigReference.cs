using System.Text;
using Gateway.Configuration.Keys;

namespace Gateway.Configuration;

/// <summary>The reference of every key as a Markdown table, made from the table of keys that reads the file.</summary>
internal static class ConfigReference
{
    /// <summary>The table, one row a key, in the order of the file.</summary>
    public static string Table()
    {
        var text = new StringBuilder("| Key | What stands there | Default | Meaning |\n|---|---|---|---|\n");
        Rows(text, GatewayKeys.Root, "");
        return text.ToString();
    }

    private static void Rows(StringBuilder text, Schema shape, string path)
    {
        foreach (var key in shape.Keys)
        {
            var name = path + key.Name;
            var byDefault = key.Required ? "required" : key.Default is null ? "" : $"`{key.Default}`";
            text.Append("| `")
                .Append(name)
                .Append("` | ")
                .Append(Cell(key.Schema.What))
                .Append(" | ")
                .Append(byDefault)
                .Append(" | ")
                .Append(Cell(key.Description))
                .Append(" |\n");
            Rows(
                text,
                key.Schema,
                key.Schema.What.StartsWith("a list", StringComparison.Ordinal) ? name
                    + "[]." : key.Schema.What.StartsWith("a mapping of names", StringComparison.Ordinal) ? name + ".NAME." : name + ".");
        }
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
