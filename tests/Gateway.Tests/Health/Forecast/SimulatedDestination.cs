using Gateway.Health.Forecast;

namespace Gateway.Tests.Health.Forecast;

/// <summary>
/// A destination whose figures are drawn second by second: noise, outliers, the saw of a garbage collector, days and nights, rushes and
/// deploys; and one fault that begins at a moment and ends it.
/// </summary>
internal sealed class SimulatedDestination
{
    public const double ProbeLimit = 0.8;
    private const double QueueLimit = 200;

    private readonly Random _random;
    private readonly Fault _fault;
    private readonly int _faultAt;
    private readonly double _length;
    private readonly double _bend;
    private readonly double _usualFirstByte;
    private readonly double _usualProbe;
    private readonly double _usualRate;
    private readonly double _usualMemory;
    private readonly Random? _jerks;
    private double _progress;
    private double _pace = 1;
    private int _paceUntil;
    private double _saw;
    private double _sawStep = 0.0005;
    private double _firstByte;
    private double _baseMemory;
    private double _queue;
    private int _startedAt = -10_000;
    private int _downUntil = -1;
    private int _burstUntil = -1;

    /// <param name="seed">Of what is drawn.</param>
    /// <param name="fault">What ends it.</param>
    /// <param name="faultAt">The second at which the fault begins.</param>
    /// <param name="jerks">The fault grows now faster, now slower, and logs less.</param>
    public SimulatedDestination(int seed, Fault fault, int faultAt, bool jerks = false)
    {
        _random = new Random(seed);
        _jerks = jerks ? new Random(seed + 1_000_000) : null;
        _fault = fault;
        _faultAt = faultAt;
        _bend = 1 + _random.NextDouble();
        _usualFirstByte = 0.015 + (0.03 * _random.NextDouble());
        _usualProbe = 0.002 + (0.004 * _random.NextDouble());
        _usualRate = 8 + (30 * _random.NextDouble());
        _usualMemory = 0.35 + (0.15 * _random.NextDouble());
        _baseMemory = _usualMemory;
        _length = fault switch
        {
            Fault.Leak => 480 + (1920 * _random.NextDouble()),
            Fault.CreepingLatency => 420 + (1380 * _random.NextDouble()),
            Fault.FillingQueue => 360 + (840 * _random.NextDouble()),
            Fault.ErrorLines => 150 + (140 * _random.NextDouble()),
            _ => 0,
        };
    }

    /// <summary>How many times as many requests as usual there are.</summary>
    public double Load { get; set; } = 1;

    /// <summary>How many times as long as usual a probe takes: a nightly job, a cold cache.</summary>
    public double ProbeFactor { get; set; } = 1;

    /// <summary>Share of requests that fails beyond the usual.</summary>
    public double ExtraFailures { get; set; }

    /// <summary>It can serve.</summary>
    public bool Serves { get; private set; } = true;

    /// <summary>The first second at which users would notice; null: none yet.</summary>
    public int? NoticedAt { get; private set; }

    /// <summary>
    /// The first second at which responses took a tenth of a second longer than usual, and twice as long; null: none yet.
    /// </summary>
    public int? SlowAt { get; private set; }

    /// <summary>A deploy: it is away for some seconds and comes back cold.</summary>
    public void Restart(int second)
    {
        _downUntil = second + 8 + _random.Next(12);
        _startedAt = _downUntil;
        _baseMemory = 0.15;
    }

    /// <summary>The figures of a second.</summary>
    public DestinationSample Next(int second)
    {
        var progress = Progress(second);
        var isDown = second < _downUntil;
        var rate = _usualRate * Load;
        var requests = isDown ? 0 : Poisson(rate);

        // Caches that fill after a start: memory rises quickly, then slowly, and responses are slow for a while.
        var age = Math.Max(0, second - _startedAt);
        _baseMemory += (_usualMemory - _baseMemory) * (1 - Math.Exp(-1 / 90.0));
        var cold = 1 + (3 * Math.Exp(-age / 40.0));
        _saw += _sawStep;
        if (_saw > 0.03 + (0.03 * _random.NextDouble()))
        {
            _saw = 0;
            _sawStep = 0.0003 + (0.001 * _random.NextDouble());
        }

        var leak = _fault == Fault.Leak ? progress * (1 - _usualMemory) : 0;
        var memory = Math.Min(1, _baseMemory + _saw + leak + (0.002 * Normal()));
        var filling = _fault == Fault.FillingQueue ? QueueLimit * Math.Pow(progress, _bend) : 0;
        _queue = Math.Min(QueueLimit, filling + Poisson(2 * Load));
        var creep = _fault == Fault.CreepingLatency ? Math.Pow(10, progress * 1.0) * (1 + (progress * 3)) : 1;
        var load = 1 + (0.25 * Math.Max(0, Load - 1));
        var firstByte = (_usualFirstByte * load * cold * creep) + (_queue / QueueLimit * 0.2);
        SlowAt ??= progress > 0 && firstByte >= Math.Max(_usualFirstByte * 2, _usualFirstByte + 0.1) ? second : null;
        _firstByte = _firstByte == 0 ? firstByte : _firstByte + ((firstByte - _firstByte) * 0.1);
        var outlier = _random.NextDouble() < 0.01 ? 10 : 1;
        var probe = _usualProbe * Math.Exp(0.35 * Normal()) * creep * ProbeFactor * outlier * Math.Sqrt(load);
        var errors = Errors(second, progress);
        Judge(second, progress, memory, isDown);
        return new DestinationSample
        {
            Probe = TimeSpan.FromSeconds(Math.Min(probe, ProbeLimit)),
            ProbeFailed = isDown || probe >= ProbeLimit || _random.NextDouble() < 0.0003,
            Connect = TimeSpan.FromSeconds(0.0005 * Math.Exp(0.3 * Normal())),
            FirstByte = requests > 0 ? TimeSpan.FromSeconds(_firstByte * Math.Exp(0.08 * Normal())) : null,
            Requests = requests,
            Failures = Some(requests, 0.002 + ExtraFailures),
            Lates = Some(requests, 0.03 + (creep > 3 ? 0.3 : 0)),
            Series =
            [
                new SeriesValue("memory", memory, 1),
                new SeriesValue("queue", _queue, QueueLimit),
                new SeriesValue("error lines", errors, Kind: SeriesKind.Count),
            ],
        };
    }

    // How far the fault is, 0 to 1.
    private double Progress(int second)
    {
        if (_fault == Fault.None || second < _faultAt)
        {
            return 0;
        }

        if (_fault == Fault.Kill)
        {
            return 1;
        }

        if (_jerks is null)
        {
            return Math.Min(1, (second - _faultAt) / _length);
        }

        if (second >= _paceUntil)
        {
            // Each pace lasts 20 s to 2 min; two thirds of them lie between 0.45 and 2.2 times the median.
            _pace = Math.Exp((0.8 * Normal(_jerks)) - 0.32);
            _paceUntil = second + 20 + _jerks.Next(100);
        }

        return _progress = Math.Min(1, _progress + (_pace / _length));
    }

    private double Errors(int second, double progress)
    {
        // Every two hours or so something is logged many times over, and means nothing.
        if (_random.NextDouble() < 1 / 7200.0)
        {
            _burstUntil = second + 2 + _random.Next(8);
        }

        var rate = 0.05 + (second < _burstUntil ? 4 : 0) + (_fault == Fault.ErrorLines && progress > 0 ? ErrorRate(progress) : 0);
        return Poisson(rate) + (second - _startedAt is >= 0 and < 5 ? 3 : 0);
    }

    private double ErrorRate(double progress) => _jerks is null ? 1 + (3 * progress) : 0.3 + progress;

    private void Judge(int second, double progress, double memory, bool isDown)
    {
        var isOver = _fault switch
        {
            Fault.None => false,
            Fault.Leak => memory >= 1,

            // From the slow limit on, eight times the usual, a response counts as a failure.
            Fault.CreepingLatency => progress > 0 && Math.Pow(10, progress) * (1 + (progress * 3)) >= Math.Max(8, 0.25 / _usualFirstByte),
            Fault.FillingQueue => _queue >= QueueLimit,
            _ => progress >= 1,
        };
        NoticedAt ??= isOver ? second : null;
        Serves = !isDown && !(NoticedAt is { } noticed && second >= noticed + (_fault == Fault.CreepingLatency ? 10 : 2));
    }

    private double Normal() => Normal(_random);

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private int Poisson(double mean)
    {
        if (mean > 30)
        {
            return Math.Max(0, (int)Math.Round(mean + (Math.Sqrt(mean) * Normal())));
        }

        var (limit, product, count) = (Math.Exp(-mean), _random.NextDouble(), 0);
        while (product > limit)
        {
            product *= _random.NextDouble();
            count++;
        }

        return count;
    }

    // Of many with a small share each.
    private int Some(int count, double share) => Math.Min(count, Poisson(count * share));
}
