using System.Globalization;
using System.Net;
using System.Text;

namespace Gateway.Drills.Reporting;

/// <summary>Writes one picture of the report: a plot with a time axis. Colours come from the page, so that light and dark work.</summary>
internal sealed class Svg(string title, double seconds, double height = Svg.Tall)
{
    /// <summary>The usual height.</summary>
    public const double Tall = 220;

    /// <summary>The left edge of the plot.</summary>
    public const double Left = 64;

    /// <summary>The width of the plot.</summary>
    public const double Width = 820;

    private const double Top = 26;
    private readonly StringBuilder _text = new();

    /// <summary>The plot's bottom.</summary>
    public double Bottom => Top + height;

    /// <summary>Where a moment lies.</summary>
    public double X(double at) => Left + (Math.Clamp(at / seconds, 0, 1) * Width);

    /// <summary>Where a share (0 to 1) of the height lies.</summary>
    public double Y(double share) => Bottom - (Math.Clamp(share, 0, 1) * height);

    /// <summary>A rectangle; the class decides on colour and pattern.</summary>
    public Svg Box(double x, double y, double width, double boxHeight, string style, string? tip = null)
    {
        var (w, h) = (Math.Max(0, width), Math.Max(0, boxHeight));
        var toolTip = tip is null ? string.Empty : $"<title>{Escape(tip)}</title>";
        Append($"<rect class=\"{style}\" x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{w:0.##}\" height=\"{h:0.##}\">{toolTip}</rect>");
        return this;
    }

    /// <summary>A line through points.</summary>
    public Svg Path(IEnumerable<(double X, double Y)> points, string style)
    {
        var pairs = points.Select(static point => string.Create(CultureInfo.InvariantCulture, $"{point.X:0.##},{point.Y:0.##}"));
        Append($"<polyline class=\"{style}\" points=\"{string.Join(' ', pairs)}\"/>");
        return this;
    }

    /// <summary>A text; anchor is start, middle or end.</summary>
    public Svg Text(double x, double y, string text, string anchor = "start", string style = "label")
    {
        Append($"<text class=\"{style}\" x=\"{x:0.##}\" y=\"{y:0.##}\" text-anchor=\"{anchor}\">{Escape(text)}</text>");
        return this;
    }

    /// <summary>Lines across, with their values.</summary>
    public Svg Scale(IEnumerable<(double Share, string Label)> lines)
    {
        foreach (var (share, label) in lines)
        {
            Append($"<line class=\"grid\" x1=\"{Left:0.##}\" x2=\"{Left + Width:0.##}\" y1=\"{Y(share):0.##}\" y2=\"{Y(share):0.##}\"/>");
            Text(Left - 6, Y(share) + 4, label, "end");
        }

        return this;
    }

    /// <summary>Numbered vertical marks; the numbers are explained below the picture.</summary>
    public Svg Marks(IEnumerable<(double At, string Number)> marks)
    {
        var last = double.NegativeInfinity;
        foreach (var (at, number) in marks)
        {
            var x = X(at);
            Append($"<line class=\"mark\" x1=\"{x:0.##}\" x2=\"{x:0.##}\" y1=\"{Top - 6:0.##}\" y2=\"{Bottom:0.##}\"/>");

            // Numbers that would overlap are left out; the list below has them all.
            if (x - last > 14)
            {
                Text(x, Top - 10, number, "middle", "number");
                last = x;
            }
        }

        return this;
    }

    /// <summary>The whole picture, with its time axis.</summary>
    public string End()
    {
        var step = new[] { 1, 2, 5, 10, 15, 30, 60, 120, 300, 600 }.First(step => seconds / step <= 14 || step == 600);
        for (var at = 0; at <= seconds; at += step)
        {
            Text(X(at), Bottom + 16, at.ToString(CultureInfo.InvariantCulture) + " s", "middle");
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"<svg role=\"img\" aria-label=\"{Escape(title)}\" viewBox=\"0 0 {Left + Width + 16:0} {Bottom + 24:0}\">{_text}</svg>");
    }

    /// <summary>Text as HTML.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    private void Append(FormattableString text) => _text.Append(FormattableString.Invariant(text)).Append('\n');
}
