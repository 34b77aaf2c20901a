namespace Gateway.Forwarding.LoadBalancing;

/// <summary>Draws an index by weight.</summary>
internal static class WeightedDraw
{
    /// <summary>An index, each as likely as its weight says.</summary>
    public static int One(ReadOnlySpan<int> weights, Random random)
    {
        var total = Total(weights);
        return total == weights.Length ? random.Next(weights.Length) : At(weights, random.Next(total));
    }

    /// <summary>Another index than <paramref name="first"/>, of two at least.</summary>
    public static int Another(ReadOnlySpan<int> weights, int first, Random random)
    {
        if (weights.Length == 2)
        {
            return 1 - first;
        }

        var point = random.Next(Total(weights) - weights[first]);
        for (var i = 0; i < weights.Length; i++)
        {
            point -= i == first ? 0 : weights[i];
            if (point < 0)
            {
                return i;
            }
        }

        return first == 0 ? 1 : 0;
    }

    /// <summary>The index in whose weight the point lies, from 0 to less than the sum of all.</summary>
    public static int At(ReadOnlySpan<int> weights, int point)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            point -= weights[i];
            if (point < 0)
            {
                return i;
            }
        }

        return weights.Length - 1;
    }

    private static int Total(ReadOnlySpan<int> weights)
    {
        var total = 0;
        foreach (var weight in weights)
        {
            total += weight;
        }

        return total;
    }
}
