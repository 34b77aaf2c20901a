using System.Globalization;
using System.Text;
using Gateway.Drills.Figures;
using Gateway.Drills.Running;

namespace Gateway.Drills.Reporting;

/// <summary>The report of a run: one page that needs nothing else, verdict first.</summary>
internal static class HtmlReport
{
    /// <summary>The whole page.</summary>
    public static string Of(IReadOnlyList<Finding> findings, IReadOnlyList<NotRun>? notRun = null)
    {
        notRun ??= [];
        var page = new StringBuilder();
        var failed = findings.Count(finding => !finding.Verdict.Holds) + notRun.Count;
        page.Append(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>")
            .Append(failed == 0 ? "Passed" : "Failed")
                .Append(": drills</title><style>")
                .Append(Style)
                .Append("</style></head><body>\n")
                .Append(Patterns)
            .Append(
                CultureInfo.InvariantCulture,
                $"<header><p class=\"verdict {(failed == 0 ? "good" : "bad")}\">{(failed == 0 ? "✔ PASSED" : "✘ FAILED")}</p><p>"
                    + $"{Count(findings.Count + notRun.Count, "drill")}, {(failed == 0 ? "all expectations hold" : $"{failed} not passed")}"
                    + $". {TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC, {Environment.ProcessorCount} cores.</p></header>\n");
        if (findings.Count > 1 || notRun.Count > 0)
        {
            page.Append(
                "<table class=\"all\"><thead><tr><th>drill</th><th>verdict</th><th>failed</th><th>degraded</th><th>p99 in the "
                    + "fault</th><th>switched</th><th>available</th><th>what does not hold</th></tr></thead><tbody>\n");
            foreach (var (measured, verdict) in findings)
            {
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"<tr><td><a href=\"#{Svg.Escape(measured.Plan.Name)}\">{Svg.Escape(measured.Plan.Name)}</a></td><td>"
                        + $"{Mark(verdict.Holds)}</td><td>{measured.Failed}</td><td>{measured.Degraded}</td><td>"
                        + $"{Verdict.Text(measured.During.P99)}</td><td>{Time(measured.Switched)}</td><td>{Percent(measured.Availability)}"
                        + $"</td><td>{Missed(verdict)}</td></tr>\n");
            }

            foreach (var (drill, why) in notRun)
            {
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"<tr class=\"misses\"><td>{Svg.Escape(drill)}</td><td>{Mark(false)}</td><td colspan=\"6\">could not be carried out: "
                        + $"{Svg.Escape(why)}</td></tr>\n");
            }

            page.Append("</tbody></table>\n");
        }

        foreach (var finding in findings)
        {
            Section(page, finding);
        }

        return page.Append("</body></html>\n").ToString();
    }

    /// <summary>The page of a comparison: a table and a picture for each fault.</summary>
    public static string Compare(IReadOnlyList<(string Drill, IReadOnlyList<Measured> Runs)> faults)
    {
        var page = new StringBuilder();
        page.Append(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                + "content=\"width=device-width\"><title>Side by "
                + "side</title><style>").Append(Style).Append("</style></head><body>\n").Append(Patterns)
            .Append(
                "<header><h1>Side by side</h1><p>The same faults, the same load, the same machine; each proxy with health checks and a "
                    + "static response, and retries where it has them.</p></header>\n");
        Legend(page);
        foreach (var (drill, runs) in faults)
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"<section><h2>{Svg.Escape(drill)}</h2><p>{Svg.Escape(runs[0].Plan.About)}</p><figure>{Pictures.Bars(runs)}"
                    + $"</figure>\n<table><thead><tr><th>proxy</th><th>requests</th><th>failed</th><th>static</th><th>last "
                    + $"good</th><th>p50</th><th>p99</th><th>max</th></tr></thead><tbody>\n");
            foreach (var run in runs)
            {
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"<tr><td>{Svg.Escape(run.Subject)}</td><td>{run.Ledger.Total}</td><td>{run.Failed}</td><td>{run.Static}</td><td>"
                        + $"{run.Ledger.Count(Load.Outcome.LastGood)}</td><td>{Verdict.Text(run.During.P50)}</td><td>"
                        + $"{Verdict.Text(run.During.P99)}</td><td>{Verdict.Text(run.During.Max)}</td></tr>\n");
            }

            page.Append("</tbody></table></section>\n");
        }

        return page.Append("</body></html>\n").ToString();
    }

    private static void Section(StringBuilder page, Finding finding)
    {
        var (measured, verdict) = finding;
        var plan = measured.Plan;
        page.Append(
            CultureInfo.InvariantCulture,
            $"<section id=\"{Svg.Escape(plan.Name)}\"><h2>{Mark(verdict.Holds)} {Svg.Escape(plan.Name)}</h2><p>{Svg.Escape(plan.About)}"
                + $"{(plan.Guards.Length > 0 ? $" <em>Guards: {Svg.Escape(plan.Guards)}.</em>" : string.Empty)}</p>\n");

        // 1. The figures that people ask for first.
        page.Append("<dl class=\"figures\">");
        foreach (var (name, value) in new (string, string)[]
        {
            ("available", Percent(measured.Availability)), ("detected after", Time(measured.Detected)),
            ("switched after", Time(measured.Switched)),
            ("first tier back after", Time(measured.RecoveredAt is null ? null : measured.Returned)),
            ("requests", measured.Total.ToString(CultureInfo.InvariantCulture)),
            ("failed", measured.Failed.ToString(CultureInfo.InvariantCulture)), ("p99 in the fault", Verdict.Text(measured.During.P99)),
        })
        {
            page.Append(CultureInfo.InvariantCulture, $"<div><dt>{name}</dt><dd>{value}</dd></div>");
        }

        page.Append(
            "</dl>\n<h3>Expectations</h3><table><thead><tr><th>expected</th><th>measured</th><th>limit</th><th>holds</th></tr></thead>"
                + "<tbody>\n");
        foreach (var expectation in verdict.Expectations)
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"<tr class=\"{(expectation.Holds ? "holds" : "misses")}\"><td>{Svg.Escape(expectation.What)}</td><td>"
                    + $"{Svg.Escape(expectation.Measured)}</td><td>{Svg.Escape(expectation.Limit)}</td><td>{Mark(expectation.Holds)}"
                    + $"</td></tr>\n");
        }

        // 2. The pictures, all on the same clock.
        page.Append("</tbody></table>\n<h3>Requests by server</h3>\n");
        Legend(page);
        Figure(page, Pictures.Served(measured));
        Marks(page, measured);
        page.Append(
            "<h3>What users waited</h3><p>From the moment a request was due; a scale of powers of ten. p50 is the solid line, p99 the "
                + "dashed, the longest wait the dotted one.</p>\n");
        Figure(page, Pictures.Latency(measured));
        if (measured.Readings.Count > 0)
        {
            page.Append("<h3>Shares of the tiers</h3>\n");
            Figure(page, Pictures.Shares(measured));
            page.Append("<h3>Destinations, as the gateway sees them</h3>\n");
            Figure(page, Pictures.States(measured));
        }

        // 3. What was done, and what the gateway wrote about it.
        page.Append("<div class=\"beside\"><div><h3>What was done</h3><ol class=\"steps\">\n");
        foreach (var happening in measured.Happenings)
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"<li><b>{measured.Clock(happening.At).TotalSeconds:0.0} s</b> {Svg.Escape(happening.Label)}</li>\n");
        }

        page.Append("</ol></div><div><h3>The gateway's journal</h3><ul class=\"journal\">\n");
        foreach (var line in measured.Journal.Reverse())
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"<li><b>{(line.At - measured.StartedAt).TotalSeconds:0.0} s</b> {Svg.Escape(line.Kind)}"
                    + $"{(line.From is null && line.To is null
                        ? string.Empty
                        : $" {Svg.Escape(line.From ?? "none")} → {Svg.Escape(line.To ?? "none")}")}: {Svg.Escape(line.Text)}</li>\n");
        }

        page.Append(measured.Journal.Count == 0
            ? "<li>Nothing was written during the drill.</li>\n"
            : string.Empty).Append("</ul></div></div></section>\n");
    }

    /// <summary>
    /// What the numbers in the pictures mean, next to the first of them; of many only the first dozen, the list below has all.
    /// </summary>
    private static void Marks(StringBuilder page, Measured measured)
    {
        const int shown = 12;
        page.Append("<p class=\"marks\">");
        foreach (var (i, happening) in measured.Happenings.Take(shown).Index())
        {
            page.Append(CultureInfo.InvariantCulture, $"<span><b>{i + 1}</b> {Svg.Escape(happening.Label)}</span> ");
        }

        page.Append(measured.Happenings.Count > shown ? "<span>… all of them below</span>" : string.Empty).Append("</p>\n");
    }

    private static string Missed(Verdict verdict) =>
        string.Join(
            "; ",
            verdict.Expectations.Where(expectation => !expectation.Holds).Select(expectation =>
                Svg.Escape($"{expectation.What}: {expectation.Measured}, {expectation.Limit}")));

    private static void Figure(StringBuilder page, string svg) => page.Append("<figure>").Append(svg).Append("</figure>\n");

    private static void Legend(StringBuilder page)
    {
        page.Append("<p class=\"legend\">");
        foreach (var (source, label) in Pictures.Servers.Where(server => server.Source is not "live"))
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"<span><svg viewBox=\"0 0 18 12\"><rect class=\"by-{source}\" width=\"18\" height=\"12\"/></svg> {label}</span> ");
        }

        page.Append("</p>\n");
    }

    private static string Mark(bool holds) => holds ? "<span class=\"yes\">✔ holds</span>" : "<span class=\"no\">✘ FAILS</span>";

    private static string Time(TimeSpan? time) => time is { } known ? Verdict.Text(known) : "–";

    private static string Percent(double share) => (share * 100).ToString("0.###", CultureInfo.InvariantCulture) + " %";

    private static string Count(int number, string what) => $"{number} {what}{(number == 1 ? string.Empty : "s")}";

    // Colours that keep their order of lightness, and a pattern for each that is not the good case: readable without colour.
    private const string Patterns = """
        <svg class="defs" aria-hidden="true"><defs>
        <pattern id="standby" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="var(--standby)"/><rect width="2" height="6" fill="var(--paper)" opacity=".55"/></pattern>
        <pattern id="lastGood" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="var(--lastgood)"/><circle cx="3" cy="3" r="1.5" fill="var(--ink)"/></pattern>
        <pattern id="file" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="var(--file)"/><rect width="6" height="2" fill="var(--ink)" opacity=".7"/></pattern>
        <pattern id="builtIn" width="7" height="7" patternUnits="userSpaceOnUse"><rect width="7" height="7" fill="var(--builtin)"/><path d="M0 0H7M0 0V7" stroke="var(--ink)" stroke-width="1.6"/></pattern>
        <pattern id="down" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect width="6" height="6" fill="var(--failed)"/><rect width="2" height="6" fill="var(--paper)" opacity=".5"/></pattern>
        </defs></svg>

        """;

    private const string Style = """
        :root{color-scheme:light dark;--paper:#fff;--ink:#1b2430;--soft:#5b6675;--line:#d5dbe3;--card:#f6f8fa;--primary:#2f6fb3;--standby:#5aa9a0;--lastgood:#e8c15a;--file:#e39a4f;--builtin:#c9a0c8;--failed:#c8323a;--good:#1d7a46;--bad:#c0232c}
        @media(prefers-color-scheme:dark){:root{--paper:#12171e;--ink:#e6ebf1;--soft:#9aa7b6;--line:#2d3743;--card:#1a212a;--primary:#5b9be0;--standby:#3f8f86;--lastgood:#a98623;--file:#b06a24;--builtin:#8a5f89;--failed:#e5555c;--good:#4cc585;--bad:#ff7077}}
        body{background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"DejaVu Sans",sans-serif;max-width:960px;margin:2rem auto;padding:0 1rem}
        .defs{position:absolute;width:0;height:0}h1,h2,h3{line-height:1.25}h2{margin:2.5rem 0 .3rem;border-top:2px solid var(--line);padding-top:1.2rem}h3{margin:1.4rem 0 .3rem;font-size:1rem}
        .verdict{font-size:2.4rem;font-weight:700;margin:0}.good,.yes{color:var(--good)}.bad,.no{color:var(--bad);font-weight:700}h2 .yes,h2 .no{font-size:.8em;margin-right:.4em}
        table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{text-align:left;padding:.28rem .6rem;border-bottom:1px solid var(--line)}th{color:var(--soft);font-weight:600}.misses td{background:color-mix(in srgb,var(--bad) 12%,transparent)}
        .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.3rem,1fr));gap:.5rem;margin:1rem 0}.figures div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.45rem .7rem}dt{color:var(--soft);font-size:.8rem}dd{margin:0;font-size:1.08rem;font-weight:600;white-space:nowrap}
        figure{margin:.3rem 0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.4rem}figure svg{display:block;width:100%;height:auto}
        .label{font-size:11px;fill:var(--soft)}.number{font-size:11px;fill:var(--ink);font-weight:600}.state{font-size:11px;fill:var(--paper);font-weight:600}.grid{stroke:var(--line)}.mark{stroke:var(--ink);stroke-dasharray:3 3}
        .by-primary,.by-live{fill:var(--primary)}.by-standby{fill:url(#standby)}.by-lastGood{fill:url(#lastGood)}.by-file{fill:url(#file)}.by-builtIn{fill:url(#builtIn)}.by-failed{fill:var(--failed);stroke:var(--ink)}.up{fill:var(--primary)}.down{fill:url(#down)}
        .line{fill:none;stroke-width:1.8;stroke-linejoin:round}.p50{stroke:var(--primary)}.p99{stroke:var(--ink);stroke-dasharray:6 3}.max{stroke:var(--failed);stroke-dasharray:2 2}.tier0{stroke:var(--primary)}.tier1{stroke:var(--standby);stroke-dasharray:7 3}.tier2{stroke:var(--file);stroke-dasharray:2 2}.tier3{stroke:var(--ink)}
        .marks{font-size:.85rem;margin:.2rem 0}.marks span{margin-right:.9rem}.all{font-size:.88rem}.all td:nth-child(-n+7){white-space:nowrap}.legend span{white-space:nowrap;margin-right:.9rem;font-size:.85rem}.legend svg{width:18px;height:12px;vertical-align:-1px}.beside{display:grid;grid-template-columns:1fr 1.3fr;gap:1.5rem}@media(max-width:700px){.beside{grid-template-columns:1fr}}ol,ul{padding-left:1.4rem;margin:.3rem 0;font-size:.9rem}.journal{list-style:none;padding:0}li b{font-variant-numeric:tabular-nums}
        """;
}
