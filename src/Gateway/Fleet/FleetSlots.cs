using System.Globalization;
using System.Text;
using Gateway.Failover;

namespace Gateway.Fleet;

/// <summary>
/// What an exchange reads: of each cluster its agreed change and its hold, of each destination its drain and its weight. What this
/// gateway does not know it does not even read.
/// </summary>
internal sealed class FleetSlots
{
    private const int MostDestinations = 4096;

    // The names of all exchanges stand before those of the slots.
    private const int Others = 3;

    /// <param name="views">What this gateway serves.</param>
    /// <param name="prefix">What the names begin with.</param>
    /// <param name="id">This gateway.</param>
    public FleetSlots(IReadOnlyList<ClusterView> views, string prefix, string id)
    {
        Clusters = [.. views.Select(static v => v.Name)];
        OrderSubject[] drains =
            [
            .. views.SelectMany(static v =>
                v.Tiers.SelectMany(t => t.Destinations).Select(d => new OrderSubject(v.Name, d.Name))).Take(MostDestinations)];
        Subjects =
        [
            .. Clusters.Select(static c => new OrderSubject(c, null)),
            .. drains,
            .. drains.Select(static drain => drain with { IsWeight = true })
        ];
        Keys =
        [
            prefix + "gateways",
            prefix + "gateway:" + id,
            prefix + "purges",
            .. Clusters.Select(c => prefix + "change:" + c),
            .. Subjects.Select(subject => NameOf(subject, prefix))
        ];
    }

    /// <summary>The clusters, in the order of their agreed changes.</summary>
    public string[] Clusters { get; }

    /// <summary>What orders are about, in their order.</summary>
    public OrderSubject[] Subjects { get; }

    /// <summary>All names, as the script takes them.</summary>
    public List<string> Keys { get; }

    /// <summary>Agreed changes and orders together.</summary>
    public int Count => Keys.Count - Others;

    /// <summary>The writes that have a slot here.</summary>
    public List<FleetScript.Write> Place(IEnumerable<ChangeWrite> changes, IEnumerable<BookWrite> orders)
    {
        List<FleetScript.Write> writes = [];
        foreach (var (cluster, expected, value, keepFor) in changes)
        {
            if (Array.IndexOf(Clusters, cluster) is >= 0 and var place)
            {
                writes.Add(new(place, expected, value, keepFor));
            }
        }

        foreach (var write in orders)
        {
            if (Array.IndexOf(Subjects, write.Subject) is >= 0 and var place)
            {
                writes.Add(new(Clusters.Length + place, write.Expected, write.Value, write.KeepFor));
            }
        }

        return writes;
    }

    // A cluster's name may hold anything: its length keeps it apart from a destination's.
    private static string NameOf(OrderSubject subject, string prefix) => subject.Destination is null
        ? prefix + "hold:" + subject.Cluster
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{prefix}{(subject.IsWeight ? "weight" : "drain")}:{Encoding.UTF8.GetByteCount(subject.Cluster)}:{subject.Cluster}:"
                + $"{subject.Destination}");
}
