namespace Gateway.Health.Forecast;

/// <summary>A line of a recording is no recorded second.</summary>
internal sealed class RecordingException(int line, string why) : Exception(why)
{
    /// <summary>Which line, from 1 on.</summary>
    public int Line => line;
}
