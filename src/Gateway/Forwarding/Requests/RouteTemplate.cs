using System.Collections.Immutable;
using System.Net;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;
using Gateway.Configuration.Values;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Gateway.Forwarding.Requests;

/// <summary>
/// A text of the configuration with values of the request. Path and values of the route are taken as the client wrote
/// them, escapes included, so that nothing is decoded or escaped twice, and what comes out is visible ASCII, as every
/// target is that passed <see cref="RequestGuard"/>.
/// </summary>
internal sealed class RouteTemplate
{
    private readonly ImmutableArray<TemplatePart> _parts;
    private readonly ImmutableArray<PathParameter> _parameters;
    private readonly string? _constant;

    private RouteTemplate(ImmutableArray<TemplatePart> parts, ImmutableArray<PathParameter> parameters)
    {
        _parts = parts;
        _parameters = parameters;
        _constant = parts.All(static part => !part.IsName) ? string.Concat(parts.Select(static part => part.Text)) : null;
    }

    /// <summary>Makes it of a text that <c>check</c> has accepted.</summary>
    public static RouteTemplate Of(string text, RouteConfig route) => new(
        TextTemplate.Parse(text)
            ?? throw new ArgumentException("The braces do not match.", nameof(text)),
            PathParameters.Of(RoutePatternFactory.Parse(route.Path)));

    /// <summary>The text for one request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="target">Its target, with dot segments resolved.</param>
    /// <param name="trusted">Networks whose word on the client is believed.</param>
    public string For(HttpContext context, string target, ImmutableArray<IPNetwork> trusted)
    {
        if (_constant is not null)
        {
            return _constant;
        }

        var text = new StringBuilder();
        foreach (var part in _parts)
        {
            if (!part.IsName)
            {
                text.Append(part.Text);
            }
            else
            {
                Append(text, part.Text, context, PathText.Of(target), trusted);
            }
        }

        return text.ToString();
    }

    private void Append(StringBuilder text, string name, HttpContext context, ReadOnlySpan<char> path, ImmutableArray<IPNetwork> trusted)
    {
        switch (name)
        {
            case TemplateNames.Host:
                text.Append(HostName.Of(context.Request.Host.Value));
                return;
            case TemplateNames.Path:
                text.Append(path);
                return;
            case TemplateNames.Client:
                text.Append(TrustedProxies.ClientOf(trusted, context));
                return;
        }

        foreach (var parameter in _parameters)
        {
            if (!parameter.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            var value = parameter.TakesRest ? PathText.From(path, parameter.Segment) : PathText.Segment(path, parameter.Segment);
            text.Append(value.IsEmpty ? parameter.Default : value);
            return;
        }
    }
}
