using System.Text;
using Gateway.Fuzzing.Engine;

namespace Gateway.Tests.Fuzzing;

/// <summary>
/// A parser with a mistake behind a word of four letters, which it compares one by one and counts, as instrumented code does: chance
/// alone finds one in four billion. Behind the word it does what it is told.
/// </summary>
/// <param name="mistake">What it does behind the word.</param>
/// <param name="isCounted">False: nothing counts, and the search is blind.</param>
internal sealed unsafe class PlantedParser(Action<byte> mistake, bool isCounted = true) : IFuzzTarget
{
    private static readonly byte[] Word = Encoding.ASCII.GetBytes("BUG!");

    /// <inheritdoc/>
    public string Name => "planted";

    /// <inheritdoc/>
    public int MostBytes => 64;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds => [[0]];

    /// <inheritdoc/>
    public IEnumerable<string> Words => [];

    /// <inheritdoc/>
    public long MemoryFor(int length) => 16 * 1024 + (8L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        Count(1);
        var bytes = input.Span;
        for (var i = 0; i < Word.Length; i++)
        {
            if (bytes.Length <= i || bytes[i] != Word[i])
            {
                return;
            }

            Count(1000 * (i + 1));
        }

        mistake(bytes.Length > Word.Length ? bytes[Word.Length] : (byte)0);
    }

    private void Count(int block)
    {
        if (isCounted)
        {
            EdgeMap.Counts[block ^ EdgeMap.Previous]++;
            EdgeMap.Previous = block >> 1;
        }
    }
}
