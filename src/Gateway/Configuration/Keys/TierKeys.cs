using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of a tier and its destinations.</summary>
internal static class TierKeys
{
    /// <summary>One tier.</summary>
    public static RecordSchema<TierConfig> Tier() =>
        new RecordSchema<TierConfig>("a mapping with name and destinations", () => new TierConfig { Name = "", Destinations = [] })
        .Key(
            "name",
            Schemas.Text("a name", NameText.Rule, NameText.Pattern + @"|\$\{", NameText.IsName),
            (tier, value) => tier with { Name = value },
            "Unique inside the cluster.",
            required: true)
        .Key(
            "capacity",
            Capacity(),
            (tier, value) => tier with { Capacity = value, FindsCapacity = value is null },
            "Requests in flight that the whole tier can carry: a number, or auto to find it out from response times; unlimited when left "
                + "out.")
        .Key(
            "destinations",
            new ListSchema<DestinationConfig>(new EitherSchema<DestinationConfig>(UrlSchemas.Destination(), Destination()), atLeast: 1),
            (tier, value) => tier with { Destinations = value },
            "The instances of the service.",
            required: true);

    private static RecordSchema<DestinationConfig> Destination() =>
        new RecordSchema<DestinationConfig>("a mapping with url, name and weight", () => new DestinationConfig { Name = "", Url = null! })
        .Key("url", UrlSchemas.Destination(), (destination, value) => value with
        {
            Name = destination.Name.Length > 0
            ? destination.Name
            : value.Name,
            Weight = destination.Weight,
            MaxInFlight = destination.MaxInFlight,
            Zone = destination.Zone
        },
            "http(s)://host:port, or dns+http(s)://name:port for one destination an address of the name, resolved again every 5 s, or "
                + "dns+srv://_http._tcp.name for the destinations of a service (SRV), with their ports, weights and "
                + "priorities, or kubernetes://service.namespace:port (kubernetes+https:// over TLS) for the ready pods of a Service of "
                + "Kubernetes, by its EndpointSlices; port: its name, or the number that the pods listen at.", required: true)
        .Key(
            "name",
            Schemas.Text("a name", NameText.Rule, NameText.Pattern + @"|\$\{", NameText.IsName),
            (destination, value) => destination with { Name = value },
            "Unique inside the cluster; host:port of the URL when left out.")
        .Key(
            "weight",
            Schemas.Integer(1, 1_000),
            (destination, value) => destination with { Weight = value },
            "Share beside its neighbours.",
            "1")
        .Key(
            "maxInFlight",
            Schemas.Integer(1, 1_000_000),
            (destination, value) => destination with { MaxInFlight = value },
            "Requests that it may have in flight; a destination with so many is not chosen. Unlimited when left out.")
        .Key(
            "zone",
            Schemas.Zone(),
            (destination, value) => destination with { Zone = value },
            "Where it is, for zonePreference. Of kubernetes:// the EndpointSlices say it.");

    private static TextSchema<int?> Capacity() => new(
        "auto or a whole number from 1 to 1000000",
        "Write auto, or a whole number from 1 to 1000000",
        static () => new JsonObject
        {
            ["anyOf"] = new JsonArray(new JsonObject { ["enum"] = new JsonArray("auto") }, Schemas.WholeSchema(1, 1_000_000))
        },
        static text => text is "auto" ? (int?)null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 1_000_000
                ? number
                : Parsed<int?>.Bad());
}
