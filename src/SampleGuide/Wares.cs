using System.Text;

namespace SampleGuide;

/// <summary>The shop's wares, invented: the same user and category get the same ones from every guide.</summary>
internal static class Wares
{
    private static readonly string[] Makers = ["Northwind", "Alder", "Kestrel", "Juniper", "Halden", "Marlow", "Otter", "Brightside"];
    private static readonly string[] Kinds =
    [
        "lamp",
        "backpack",
        "kettle",
        "headphones",
        "trail shoes",
        "notebook",
        "desk chair",
        "rain jacket",
        "water bottle",
        "camera strap"
    ];
    private static readonly string[] Reasons =
    [
        "Others who looked at what you looked at kept this one.",
        "It fits what you asked for last week, and costs less.",
        "Well reviewed by people who buy the same brands.",
        "It goes with the last thing that you put in your cart.",
    ];

    /// <summary>FNV-1a: the same in every process, which string.GetHashCode is not.</summary>
    public static uint Hash(string text)
    {
        uint hash = 2166136261;
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ b) * 16777619;
        }

        // FNV leaves the low bits of short inputs poorly mixed, and the low bits choose the words.
        hash ^= hash >> 15;
        hash *= 2246822519;
        return hash ^ (hash >> 13);
    }

    public static Ware For(string seed)
    {
        uint hash = Hash(seed);
        string title = $"{Makers[hash % 8]} {Kinds[hash / 8 % 10]}";
        return new Ware($"sku-{hash % 100_000:D5}", title, (hash / 16 % 19_000 + 990) / 100m, Reasons[hash / 128 % 4]);
    }
}

internal readonly record struct Ware(string Id, string Title, decimal Price, string Reason);
