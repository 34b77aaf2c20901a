using System.Globalization;

namespace Gateway.Cli.Migration;

/// <summary>A destination.</summary>
/// <param name="Url">Its URL.</param>
/// <param name="Weight">Its share beside its neighbours.</param>
/// <param name="Name">Its name; null: host and port.</param>
/// <param name="MostRequests">Requests in flight that it can carry; null: any number.</param>
internal sealed record DraftDestination(string Url, int Weight = 1, string? Name = null, int? MostRequests = null)
{
    /// <summary>An item of <c>destinations</c>. Names that the gateway would find twice are told apart.</summary>
    public string ToYaml(IReadOnlyList<DraftDestination> all)
    {
        var name = Name;
        if (all.Count(other => string.Equals(other.Label, Label, StringComparison.OrdinalIgnoreCase)) > 1)
        {
            var place = Enumerable.Range(0, all.Count).First(i => ReferenceEquals(all[i], this)) + 1;
            name = $"{Names.Of(Label, "destination")}-{place.ToString(CultureInfo.InvariantCulture)}";
        }

        var keys = new List<KeyValuePair<string, string>> { new("url", Flow.Text(Url)) };
        if (name is not null)
        {
            keys.Add(new("name", Flow.Text(name)));
        }

        if (Weight != 1)
        {
            keys.Add(new("weight", Math.Clamp(Weight, 1, 1000).ToString(CultureInfo.InvariantCulture)));
        }

        return keys.Count == 1 ? Flow.Text(Url) : Flow.Raw(keys);
    }

    private string Label =>
        Name ?? (Uri.TryCreate(Url.Replace("dns+", "", StringComparison.Ordinal), UriKind.Absolute, out var url) ? url.Authority : Url);
}
