using System.Diagnostics;

namespace Gateway.Fuzzing.Engine;

/// <summary>
/// The search through the inputs of one target: what was kept is changed and run, and what reaches an edge that none reached before, or
/// oftener than before, is kept in turn. Deterministic by its seed, as far as the target is.
/// </summary>
internal sealed class Campaign
{
    private const int ChangesOfOne = 64;
    private const int MostTrims = 48;
    private const int MostKept = 20_000;

    private readonly IFuzzTarget _target;
    private readonly CampaignOptions _options;
    private readonly InputRunner _runner;
    private readonly FuzzRandom _random;
    private readonly Mutator _mutator;
    private readonly Coverage _coverage = new();
    private readonly List<KeptInput> _kept = [];
    private readonly Dictionary<string, Finding> _findings = new(StringComparer.Ordinal);
    private readonly long _began = Stopwatch.GetTimestamp();

    /// <param name="target">The target.</param>
    /// <param name="options">How long to search.</param>
    /// <param name="watch">Sees an input that does not end; null: nothing does.</param>
    public Campaign(IFuzzTarget target, CampaignOptions options, HangWatch? watch = null)
    {
        (_target, _options) = (target, options);
        _runner = new InputRunner(target, options.LongestInput, watch);
        _random = new FuzzRandom(options.Seed);
        _mutator = new Mutator(_random, target.Words, target.MostBytes);
    }

    /// <summary>Told of a finding when it is made.</summary>
    public Action<Finding> Found { get; init; } = static _ => { };

    /// <summary>Told how far it is, each time that an input was changed often enough.</summary>
    public Action<Campaign> Turn { get; init; } = static _ => { };

    /// <summary>What was kept.</summary>
    public IReadOnlyList<KeptInput> Kept => _kept;

    /// <summary>What was found.</summary>
    public IReadOnlyCollection<Finding> Findings => _findings.Values;

    /// <summary>Edges that some input has reached.</summary>
    public int Edges => _coverage.Edges;

    /// <summary>How often, how long, how much.</summary>
    public InputRunner Runner => _runner;

    /// <summary>How long it has run.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_began);

    private bool IsOver =>
        _runner.Inputs >= _options.Inputs || _findings.Count >= _options.MostFindings || Elapsed >= _options.Within;

    /// <summary>Searches.</summary>
    /// <param name="corpus">Inputs to begin with, beside the target's own.</param>
    public void Run(IEnumerable<byte[]> corpus)
    {
        foreach (var seed in _target.Seeds.Concat(corpus))
        {
            Try(seed.AsMemory(0, Math.Min(seed.Length, _target.MostBytes)));
        }

        if (_kept.Count == 0)
        {
            // Nothing counts edges, or nothing was given: one input to change.
            _kept.Add(new KeptInput([], []));
        }

        while (!IsOver)
        {
            var input = Choose();
            for (var i = 0; i < ChangesOfOne && !IsOver; i++)
            {
                Try(_mutator.Of(input.Bytes, Choose().Bytes));
            }

            Turn(this);
        }
    }

    // What was kept last has been changed least.
    private KeptInput Choose()
    {
        var newest = _random.Below(2) == 0 ? Math.Max(1, _kept.Count / 4) : _kept.Count;
        return _kept[^(1 + _random.Below(newest))];
    }

    private void Try(ReadOnlyMemory<byte> input)
    {
        if (_runner.Run(input) is { } finding)
        {
            if (_findings.TryAdd(finding.Signature, finding))
            {
                var small = new Minimizer(_runner).Of(finding);
                _findings[finding.Signature] = small;
                Found(small);
            }

            return;
        }

        if (_coverage.Take() && _kept.Count < MostKept)
        {
            _kept.Add(Trimmed(input.ToArray()));
        }
    }

    // Without the parts that make no difference to the edges.
    private KeptInput Trimmed(byte[] input)
    {
        var (edges, signature) = (Coverage.Last(), Coverage.LastSignature());
        var left = MostTrims;
        for (var size = Math.Max(1, input.Length / 2); size > 0 && left > 0; size /= 2)
        {
            for (var at = 0; at + size <= input.Length && left-- > 0;)
            {
                byte[] shorter = [.. input.AsSpan(0, at), .. input.AsSpan(at + size)];
                if (_runner.Run(shorter) is null && Coverage.LastSignature() == signature)
                {
                    input = shorter;
                }
                else
                {
                    at += size;
                }
            }
        }

        return new KeptInput(input, edges);
    }
}
