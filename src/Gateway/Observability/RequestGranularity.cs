using Gateway.Observability.Metrics;

namespace Gateway.Observability;

/// <summary>How finely requests are shown, so that a scrape keeps to the series allowed: coarser once needed, and then for good.</summary>
internal sealed class RequestGranularity
{
    private int _detail;

    /// <summary>As shown now.</summary>
    public RequestDetail Detail => (RequestDetail)Volatile.Read(ref _detail);

    /// <summary>After a reload: as finely as possible again.</summary>
    public void Reset() => Volatile.Write(ref _detail, (int)RequestDetail.ByRoute);

    /// <summary>Shows requests more coarsely until they fit; by how much the number of series changes.</summary>
    /// <param name="families">The families as read; that of the requests is replaced.</param>
    /// <param name="left">Series that are left; less than 0: too many.</param>
    /// <param name="read">Reads a family.</param>
    public int Coarsen(
        List<(MetricFamily Family, IReadOnlyList<Sample> Samples)> families, int left, Func<MetricFamily, IReadOnlyList<Sample>> read)
    {
        var at = families.FindIndex(static f => string.Equals(f.Family.Name, RequestSeries.Name, StringComparison.Ordinal));
        var before = families[at].Samples.Count;
        while (left + before - families[at].Samples.Count < 0 && Detail is var detail && detail < RequestDetail.Together)
        {
            Volatile.Write(ref _detail, (int)detail + 1);
            families[at] = (families[at].Family, read(families[at].Family));
        }

        return families[at].Samples.Count - before;
    }
}
