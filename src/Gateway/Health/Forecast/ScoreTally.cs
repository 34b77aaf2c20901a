using Gateway.Observability.History;

namespace Gateway.Health.Forecast;

/// <summary>Adds up forecasts to a score.</summary>
internal sealed class ScoreTally
{
    private static readonly double[] Edges = [0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

    private readonly List<TimeSpan> _leads = [];
    private readonly (int Count, double Said, int Came)[] _bins = new (int, double, int)[Edges.Length - 1];
    private int _falseAlarms;
    private int _tooLate;
    private int _missed;
    private int _untouchedHits;
    private int _untouchedFalse;
    private int _forecasts;
    private double _squares;
    private TimeSpan _watched;

    /// <summary>The score of some forecasts.</summary>
    public static ForecastScore Of(IEnumerable<ForecastRecord> records)
    {
        var tally = new ScoreTally();
        foreach (var record in records)
        {
            tally.Add(record);
        }

        return tally.Score;
    }

    /// <summary>The score so far.</summary>
    public ForecastScore Score
    {
        get
        {
            _leads.Sort();
            var untouched = _untouchedHits + _untouchedFalse;
            return new ForecastScore(_leads.Count, _falseAlarms, _tooLate, _missed, untouched, _watched)
            {
                Precision = untouched > 0 ? (double)_untouchedHits / untouched : null,
                PrecisionAtLeast = WilsonBound.Lower(_untouchedHits, untouched),
                MedianLead = _leads.Count > 0 ? (_leads[(_leads.Count - 1) / 2] + _leads[_leads.Count / 2]) / 2 : null,
                Brier = _forecasts > 0 ? _squares / _forecasts : null,
                Calibration = Calibration(),
            };
        }
    }

    /// <summary>One more forecast.</summary>
    public void Add(ForecastRecord record)
    {
        switch (record.Outcome)
        {
            case ForecastOutcome.Missed:
                _missed++;
                return;
            case ForecastOutcome.TooLate:
                _tooLate++;
                return;
        }

        var came = record.Outcome == ForecastOutcome.CameTrue;
        if (record.IsAlarm)
        {
            AddAlarm(record, came);
        }
        else
        {
            _watched += record.After;
        }

        // What was acted on may have been averted: its probability cannot be held against what came.
        if (record.IsActedOn)
        {
            return;
        }

        var probability = Math.Clamp(record.Probability, 0, 1);
        _forecasts++;
        _squares += Math.Pow(probability - (came ? 1 : 0), 2);
        ref var bin = ref _bins[BinOf(probability)];
        bin = (bin.Count + 1, bin.Said + probability, bin.Came + (came ? 1 : 0));
    }

    private void AddAlarm(ForecastRecord record, bool came)
    {
        if (came)
        {
            _leads.Add(record.After);
            _untouchedHits += record.IsActedOn ? 0 : 1;
        }
        else if (!record.IsActedOn)
        {
            _falseAlarms++;
            _untouchedFalse++;
        }
    }

    private static int BinOf(double probability)
    {
        for (var bin = Edges.Length - 2; bin > 0; bin--)
        {
            if (probability >= Edges[bin])
            {
                return bin;
            }
        }

        return 0;
    }

    private List<CalibrationBin> Calibration()
    {
        var bins = new List<CalibrationBin>();
        for (var bin = 0; bin < _bins.Length; bin++)
        {
            if (_bins[bin] is { Count: > 0 } some)
            {
                var came = (double)some.Came / some.Count;
                bins.Add(new CalibrationBin(Edges[bin], Edges[bin + 1], some.Count, some.Said / some.Count, came));
            }
        }

        return bins;
    }
}
