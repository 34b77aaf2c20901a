using System.Text;
using Gateway.Configuration.Model;
using Gateway.Fuzzing.Engine;
using Gateway.Health.Signals;

namespace Gateway.Fuzzing.Targets;

/// <summary>Lines of an agent, one after the other: a weight is from 0 to 1, and only known words reach an operator.</summary>
internal sealed class AgentTarget : IFuzzTarget
{
    private static readonly string[] Texts = ["up 50%\n", "drain # going\nready\n", "maint, 0%\nready up 100%", "down\nstopped\nfail",
        "maxconn:30 75%"];

    /// <inheritdoc/>
    public string Name => "agent";

    /// <inheritdoc/>
    public int MostBytes => 256;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds => Texts.Select(Encoding.ASCII.GetBytes);

    /// <inheritdoc/>
    public IEnumerable<string> Words =>
        ["up", "down", "fail", "failed", "stopped", "ready", "drain", "maint", "0%", "100%", "10000%", "10001%", "#", ",", " ", "\t", "\n",
        "%", "maxconn:"];

    /// <inheritdoc/>
    public long MemoryFor(int length) => 64 * 1024 + (400L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        var words = AgentWords.None;
        foreach (var line in Encoding.ASCII.GetString(input.Span).Split('\n'))
        {
            words = words.Take(line) ?? words;
            Invariant.Holds(words.Weight is null or (>= 0 and <= 1), "a weight is from 0 to 1");
            Invariant.Holds(words.Effect is SignalEffect.Weight or SignalEffect.Drain, "an agent weights or drains");
            Invariant.Holds(words.Text.Length < 60, "what is told is short");
            Invariant.Printable(words.Text, "what is told is printable");
        }
    }
}
