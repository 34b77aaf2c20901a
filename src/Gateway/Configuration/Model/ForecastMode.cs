namespace Gateway.Configuration.Model;

/// <summary>What is done with forecasts of destinations' failures.</summary>
internal enum ForecastMode
{
    /// <summary>None are made.</summary>
    Off,

    /// <summary>They are made, written down and scored.</summary>
    Observe,

    /// <summary>They are told as well.</summary>
    Advise,

    /// <summary>The destination gets fewer requests as well, once forecasts have earned it by their score.</summary>
    Act,
}
