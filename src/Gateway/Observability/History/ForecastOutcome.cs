namespace Gateway.Observability.History;

/// <summary>What came of a forecast. A closed set.</summary>
internal enum ForecastOutcome
{
    /// <summary>The destination could not serve within the horizon, and there was time to do something.</summary>
    CameTrue,

    /// <summary>It served all the time.</summary>
    DidNot,

    /// <summary>It could not serve, but so soon that the forecast was of no use: no hit.</summary>
    TooLate,

    /// <summary>It could not serve, and nothing had said so.</summary>
    Missed,
}
