namespace Gateway.LastGood.Keys;

/// <summary>Host and path of a request, as a text to keep.</summary>
internal static class TargetPlace
{
    /// <summary>Empty: it has none.</summary>
    public static string Of(HttpRequest request)
    {
        var place = new KeyBuilder(stackalloc char[KeyBuilder.OnStack]);
        var text = CacheKeyTemplate.TryWritePlace(request, ref place) ? place.Text.ToString() : "";
        place.Dispose();
        return text;
    }
}
