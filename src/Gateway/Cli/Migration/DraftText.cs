using System.Globalization;
using System.Text;

namespace Gateway.Cli.Migration;

/// <summary>A draft as a file, and which line belongs to which item.</summary>
internal sealed class DraftText
{
    private const int WidestComment = 140;

    private readonly StringBuilder _text = new();
    private readonly List<DraftItem?> _lines = [];

    public DraftText(Draft draft)
    {
        Line(
            $"# Written by \"gateway migrate {draft.Kind}\" from {OneLine(Path.GetFileName(draft.File))}. A start: read it with the list "
                + $"of what was not carried over,");
        Line("# then try it with \"gateway check\" and \"gateway explain\".");
        Line("version: 1");
        Line("");
        Listens(draft);
        if (draft.Limits.Count > 0)
        {
            Line($"limits: {Flow.Raw(draft.Limits)}");
        }

        if (draft.TrustedProxies.Count > 0)
        {
            Line($"trustedProxies: {Flow.List(draft.TrustedProxies.Distinct(StringComparer.Ordinal))}");
        }

        if (draft.Compression is { } compression)
        {
            Line($"compression: {compression}");
        }

        Line("");
        Clusters(draft);
        Line("");
        Routes(draft);
    }

    /// <summary>The file.</summary>
    public string Yaml => _text.ToString();

    /// <summary>The item that a line belongs to, from 1; null: none.</summary>
    public DraftItem? ItemAt(int line) => line >= 1 && line <= _lines.Count ? _lines[line - 1] : null;

    private static string FreePort(Draft draft, int from)
    {
        var used = string.Join(
            '\n',
            draft.Listens.Select(static listen =>
                listen.Name).Concat(draft.Clusters.SelectMany(static cluster =>
                    cluster.Primary.Concat(cluster.Standby)).Select(static one => one.Url))) + "\n";
        var port = from;
        while (used.Contains($":{port.ToString(CultureInfo.InvariantCulture)}\n", StringComparison.Ordinal) && port < from + 1000)
        {
            port++;
        }

        return port.ToString(CultureInfo.InvariantCulture);
    }

    private void Listens(Draft draft)
    {
        Line("listen:");
        foreach (var listen in draft.Listens)
        {
            Comments(listen, "  ");
            var first = true;
            foreach (var (key, value) in listen.Keys())
            {
                Line($"{(listen.Refused is null ? "" : "# ")}  {(first ? "- " : "  ")}{key}: {value}", listen);
                first = false;
            }
        }

        if (draft.Listens.TrueForAll(static listen => listen.Refused is not null))
        {
            Line($"  - url: http://127.0.0.1:{FreePort(draft, 8080)}");
        }

        var admin = FreePort(draft, 8081);
        if (admin is not "8081")
        {
            Line($"admin: {{ url: \"http://127.0.0.1:{admin}\" }}");
        }
    }

    private void Clusters(Draft draft)
    {
        Line("clusters:");
        foreach (var cluster in draft.Clusters)
        {
            Named(cluster);
        }

        if (FirstCluster(draft) is null)
        {
            Line("  # No cluster could be carried over. Write the addresses of your service.");
            Line("  service:");
            Line($"    tiers: [ {{ name: primary, destinations: [ \"http://127.0.0.1:{FreePort(draft, 9001)}\" ] }} ]");
        }
    }

    private void Routes(Draft draft)
    {
        Line("routes:");
        var first = FirstCluster(draft);
        foreach (var route in draft.Routes)
        {
            if (route.Redirect is null)
            {
                route.Cluster ??= first;
            }

            Named(route);
        }

        if (draft.Routes.Exists(static route => route.Refused is null))
        {
            return;
        }

        Line("  # No route could be carried over. This one forbids everything: write your own.");
        Line("  everything:");
        Line("    match: { path: \"/{**rest}\" }");
        Line($"    cluster: {(first is null ? "service" : Flow.Text(first.Name))}");
        Line("    deny: [ \"0.0.0.0/0\", \"::/0\" ]");
    }

    private static DraftCluster? FirstCluster(Draft draft) => draft.Clusters.Find(static cluster => cluster.Refused is null);

    private void Named(DraftItem item)
    {
        var sign = item.Refused is null ? "" : "# ";
        Comments(item, "  ");
        Line($"{sign}  {item.Name}:", item);
        foreach (var (key, value) in item.Keys())
        {
            var lines = value.Split('\n');
            Line($"{sign}    {key}:{(lines[0].Length == 0 ? "" : " ")}{lines[0]}", item);
            foreach (var line in lines.Skip(1))
            {
                Line($"{sign}      {line}", item);
            }
        }
    }

    private void Comments(DraftItem item, string indent)
    {
        foreach (var comment in item.Comments)
        {
            Line($"{indent}# {OneLine(comment)}", item);
        }

        if (item.Refused is { } why)
        {
            Line($"{indent}# Not in force: {OneLine(why)}", item);
        }
    }

    private static string OneLine(string text)
    {
        var line = string.Concat(text.Select(static letter => char.IsControl(letter) || letter is '\u2028' or '\u2029' or '\u0085'
            ? ' '
            : letter));
        return line.Length > WidestComment ? line[..WidestComment] + "..." : line;
    }

    private void Line(string text, DraftItem? item = null)
    {
        _text.Append(text).Append('\n');
        _lines.Add(item);
    }
}
