namespace Bellman.Papers.EffectiveHorizon;

/// <summary>
/// The transitions SQIRL learns from: (o, a, r, o', done, G) with G the discounted return from there to the end of its episode. A ring:
/// the oldest transitions go first. Rows are numbered from 0 in the order they came, for good.
/// </summary>
public sealed class SqirlReplay
{
    private readonly int capacity;
    private readonly int observationSize;
    private readonly List<(int Iteration, long First)> iterations = [];
    private float[] observations = [];
    private float[] nextObservations = [];
    private Entry[] entries = [];
    private double[] cumulative = [];
    private double priorityFactor = 1;

    /// <summary>An empty buffer.</summary>
    /// <param name="capacity">Transitions kept, at least 1.</param>
    /// <param name="observationSize">Floats of an observation.</param>
    public SqirlReplay(int capacity, int observationSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        (this.capacity, this.observationSize) = (capacity, observationSize);
    }

    /// <summary>A transition without its observations.</summary>
    /// <param name="Time">The step of its episode, from 0.</param>
    /// <param name="Action">The action chosen.</param>
    /// <param name="Reward">r.</param>
    /// <param name="Done">Whether the episode ended with it, the horizon included.</param>
    /// <param name="Return">G.</param>
    public readonly record struct Entry(int Time, int Action, double Reward, bool Done, double Return);

    /// <summary>Number of the oldest row kept.</summary>
    public long First { get; private set; }

    /// <summary>Number that the next row will have.</summary>
    public long End { get; private set; }

    /// <summary>Rows kept.</summary>
    public int Count => (int)(End - First);

    /// <summary>Number of the first row of the newest iteration.</summary>
    public long NewestIteration => iterations.Count == 0 ? 0 : Math.Max(First, iterations[^1].First);

    /// <summary>Announces that what follows belongs to iteration <paramref name="iteration"/>; earlier priorities are multiplied by <paramref name="factor"/>.</summary>
    public void BeginIteration(int iteration, double factor = 1)
    {
        iterations.Add((iteration, End));
        priorityFactor = factor;
        cumulative = [];
    }

    /// <summary>Drops every row.</summary>
    public void Clear()
    {
        First = End;
        cumulative = [];
    }

    /// <summary>Stores a transition.</summary>
    public void Add(ReadOnlySpan<float> observation, ReadOnlySpan<float> nextObservation, Entry entry)
    {
        if (End - First == capacity) { First++; }
        Grow();
        var slot = Slot(End);
        observation.CopyTo(observations.AsSpan(slot * observationSize));
        nextObservation.CopyTo(nextObservations.AsSpan(slot * observationSize));
        entries[slot] = entry;
        End++;
        cumulative = [];
    }

    /// <summary>A row without its observations.</summary>
    public ref readonly Entry this[long row] => ref entries[Slot(row)];

    /// <summary>What was seen before the step.</summary>
    public ReadOnlySpan<float> Observation(long row) => observations.AsSpan(Slot(row) * observationSize, observationSize);

    /// <summary>What was seen after it.</summary>
    public ReadOnlySpan<float> NextObservation(long row) => nextObservations.AsSpan(Slot(row) * observationSize, observationSize);

    /// <summary>Draws a row with its priority: uniformly when the factor is 1, otherwise an iteration first, then a row of it.</summary>
    public long Draw(RandomStream random)
    {
        if (priorityFactor == 1 || iterations.Count < 2) { return First + random.NextInt32(Count); }
        if (cumulative.Length == 0) { Weigh(); }
        var threshold = random.NextDouble() * cumulative[^1];
        var found = Array.BinarySearch(cumulative, threshold);
        var block = Math.Min(found < 0 ? ~found : found + 1, cumulative.Length - 1);
        var (start, end) = Block(block);
        return start + random.NextInt32((int)(end - start));
    }

    private void Weigh()
    {
        cumulative = new double[iterations.Count];
        for (var (block, sum) = (0, 0.0); block < cumulative.Length; block++)
        {
            var (start, end) = Block(block);
            sum += (end - start) * Math.Pow(priorityFactor, cumulative.Length - 1 - block);
            cumulative[block] = sum;
        }
    }

    private (long Start, long End) Block(int block)
    {
        var start = Math.Max(First, iterations[block].First);
        return (start, Math.Max(start, block + 1 < iterations.Count ? iterations[block + 1].First : End));
    }

    private int Slot(long row) => (int)(row % capacity);

    private void Grow()
    {
        if (entries.Length == capacity || End < entries.Length) { return; }
        var size = (int)Math.Min(capacity, Math.Max(1024, 2L * entries.Length));
        Array.Resize(ref entries, size);
        Array.Resize(ref observations, size * observationSize);
        Array.Resize(ref nextObservations, size * observationSize);
    }
}
