using System.Collections.Immutable;
using Gateway.Cli.Migration.Nginx;

namespace Gateway.Cli.Migration.HaProxy;

/// <summary>Reads <c>acl</c> lines and the conditions that name them.</summary>
internal sealed class HaProxyConditions(HaProxySection section)
{
    private const int MostAlternatives = 100;

    /// <summary>
    /// What stands behind <c>if</c> or <c>unless</c>: its alternatives; null: something in it has no counterpart. A line without a
    /// condition means every request.
    /// </summary>
    public ImmutableArray<HaProxyMatch>? Of(HaProxyLine line)
    {
        var begin = Math.Max(line.Words.IndexOf("if", StringComparer.Ordinal), line.Words.IndexOf("unless", StringComparer.Ordinal));
        if (begin < 0)
        {
            return [new HaProxyMatch()];
        }

        var isUnless = line.Words[begin] is "unless";
        var alternatives = new List<HaProxyMatch>();
        foreach (var terms in Alternatives(line.Words[(begin + 1)..]))
        {
            // "unless a b" has no counterpart, "unless a" is "if !a".
            if (isUnless && terms.Count > 1)
            {
                return null;
            }

            IEnumerable<HaProxyMatch> all = [new HaProxyMatch()];
            foreach (var (isNot, words) in terms)
            {
                if (Term(words, isNot != isUnless) is not { } term)
                {
                    return null;
                }

                var both = all.SelectMany(one => term.Select(one.And)).Take(MostAlternatives + 1).ToList();
                if (both.Count > MostAlternatives || both.Exists(static one => one is null))
                {
                    return null;
                }

                all = both!;
            }

            alternatives.AddRange(all);
        }

        return alternatives.Count is 0 or > MostAlternatives ? null : [.. alternatives];
    }

    private static List<List<(bool IsNot, ImmutableArray<string> Words)>> Alternatives(ImmutableArray<string> words)
    {
        var alternatives = new List<List<(bool, ImmutableArray<string>)>> { new() };
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] is "||" or "or")
            {
                alternatives.Add([]);
                continue;
            }

            var isNot = words[i] is "!" || words[i].StartsWith('!');
            var word = words[i] is "!" && i + 1 < words.Length ? words[++i] : words[i].TrimStart('!');
            var end = word is "{" ? words.IndexOf("}", i, StringComparer.Ordinal) : -1;
            if (end < 0)
            {
                alternatives[^1].Add((isNot, [word]));
                continue;
            }

            alternatives[^1].Add((isNot, words[(i + 1)..end]));
            i = end;
        }

        return alternatives;
    }

    private IReadOnlyList<HaProxyMatch>? Term(ImmutableArray<string> words, bool isNot)
    {
        if (words.Length > 1)
        {
            return Criterion(words, isNot);
        }

        switch (words[0])
        {
            case "TRUE":
                return isNot ? null : [new HaProxyMatch()];
            case "METH_GET" or "METH_POST" or "METH_PUT" or "METH_DELETE" or "METH_OPTIONS" or "METH_HEAD":
                return Criterion(["method", words[0][5..]], isNot);
        }

        // Lines of one name are alternatives.
        var lines = section.Own
            .Concat(section.Inherited)
            .Where(line => line.Name is "acl" && string.Equals(line[1], words[0], StringComparison.Ordinal))
            .ToList();
        if (lines.Count == 0)
        {
            return null;
        }

        var all = new List<HaProxyMatch>();
        foreach (var line in lines)
        {
            if (Criterion(line.Words[2..], isNot) is not { } matches)
            {
                return null;
            }

            all.AddRange(matches);
        }

        return all.Count > 1 && all.TrueForAll(static one => !one.From.IsEmpty)
            ? [all[0] with { From = [.. all.SelectMany(static one => one.From)] }]
            : all.Count > 1 && all.TrueForAll(static one => !one.Hosts.IsEmpty)
                ? [all[0] with { Hosts = [.. all.SelectMany(static one => one.Hosts)] }]
            : all;
    }

    private static IReadOnlyList<HaProxyMatch>? Criterion(ImmutableArray<string> words, bool isNot)
    {
        if (words.IsEmpty || FlagsOf(words) is not { } flags)
        {
            return null;
        }

        var (fetch, method, values) = (words[0], flags.Method, flags.Values);
        var open = fetch.IndexOf('(', StringComparison.Ordinal);
        var (name, argument) = open < 0 ? (fetch, "") : (fetch[..open], fetch[(open + 1)..].Split(')')[0].Split(',')[0]);
        name = name.StartsWith("req.", StringComparison.Ordinal) ? name[4..] : name;
        if (isNot && name is not "src" && method is not "found")
        {
            return null;
        }

        if (values.IsEmpty && method is not "found")
        {
            return null;
        }

        return name switch
        {
            "path" or "path_beg" or "path_dir" or "path_end" or "path_reg" or "path_sub" => Path(
                method.Length > 0 ? $"path_{method}" : name,
                values),
            "method" => [new HaProxyMatch { Methods = [.. values.Select(static value => value.ToUpperInvariant())] }],
            "src" when values.All(static value => NginxValues.Network(value) is not null) => [new HaProxyMatch
            {
                From = [.. values.Select(static value => NginxValues.Network(value)!)],
                IsNotFrom = isNot
            }],
            "hdr" or "hdr_beg" or "hdr_end" or "hdr_dom" or "hdr_reg" when argument.Equals("host", StringComparison.OrdinalIgnoreCase) =>
                Hosts(method.Length > 0 ? $"hdr_{method}" : name, values),
            "ssl_fc_sni" => Hosts("hdr", values),
            "hdr" or "hdr_beg" when argument.Length > 0 => Named(
                argument,
                method.Length > 0 ? method : name is "hdr_beg" ? "beg" : "",
                values,
                isNot,
                static (key, condition) => new HaProxyMatch { Headers = [(key, condition)] }),
            "url_param" or "urlp" or "urlp_beg" when argument.Length > 0 => Named(
                argument,
                method.Length > 0 ? method : name is "urlp_beg" ? "beg" : "",
                values,
                isNot,
                static (key, condition) => new HaProxyMatch { Query = [(key, condition)] }),
            _ => null,
        };
    }

    /// <summary>The method of matching (<c>-m</c>), and the values behind all flags; null: they stand in a file.</summary>
    private static (string Method, ImmutableArray<string> Values)? FlagsOf(ImmutableArray<string> words)
    {
        var at = 1;
        var method = "";
        for (; at < words.Length && words[at].StartsWith('-') && words[at].Length > 1; at++)
        {
            if (words[at] is "-f")
            {
                return null;
            }

            if (words[at] is "-m" && at + 1 < words.Length)
            {
                method = words[++at];
            }

            if (words[at] is "--")
            {
                at++;
                break;
            }
        }

        return (method, words[at..]);
    }

    private static IReadOnlyList<HaProxyMatch>? Path(string name, ImmutableArray<string> values) => name switch
    {
        "path" or "path_str" => [new HaProxyMatch
        {
            Paths = [.. values.Select(static value => new SourcePath(SourcePathKind.Exact, value))]
        }],
        "path_beg" or "path_dir" => [new HaProxyMatch
        {
            Paths = [.. values.Select(static value => new SourcePath(SourcePathKind.Prefix, value.StartsWith('/') ? value : "/" + value))]
        }],
        "path_end" => [new HaProxyMatch
        {
            Paths =
                [
                .. values.Select(static value => new SourcePath(
                    SourcePathKind.Expression,
                    System.Text.RegularExpressions.Regex.Escape(value) + "$"))]
        }],
        "path_sub" => [new HaProxyMatch
        {
            Paths =
                [
                .. values.Select(static value => new SourcePath(
                    SourcePathKind.Expression,
                    System.Text.RegularExpressions.Regex.Escape(value)))]
        }],
        "path_reg" => [new HaProxyMatch { Paths = [.. values.Select(static value => new SourcePath(SourcePathKind.Expression, value))] }],
        _ => null,
    };

    private static IReadOnlyList<HaProxyMatch>? Hosts(string name, ImmutableArray<string> values) => name switch
    {
        "hdr" or "hdr_str" => [new HaProxyMatch { Hosts = [.. values.Select(static value => value.Split(':')[0].ToLowerInvariant())] }],
        "hdr_end" when values.All(static value => value.StartsWith('.')) => [new HaProxyMatch
        {
            Hosts = [.. values.Select(static value => "*" + value.ToLowerInvariant())]
        }],
        "hdr_dom" => [new HaProxyMatch
        {
            Hosts = [.. values.SelectMany(static value => new[] { value.ToLowerInvariant(), "*." + value.ToLowerInvariant() })]
        }],
        _ => null,
    };

    private static IReadOnlyList<HaProxyMatch>? Named(
        string name,
        string method,
        ImmutableArray<string> values,
        bool isNot,
        Func<string, string, HaProxyMatch> match) => method switch
        {
            "found" => [match(name, isNot ? "{ present: false }" : "{ present: true }")],
            "" or "str" => [.. values.Select(value => match(name, Flow.Text(value)))],
            "beg" => [.. values.Select(value => match(name, $"{{ prefix: {Flow.Text(value)} }}"))],
            _ => null,
        };
}
