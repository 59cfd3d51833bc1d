namespace Bellman.Algorithms;

/// <summary>
/// A segment of experience of all copies, [time, copies, ...] in contiguous blocks. It grows to the longest segment it
/// was asked for and is used again.
/// </summary>
public sealed class Rollout
{
    private readonly int observationSize;
    private readonly int actionSize;
    private readonly int maskSize;
    private int capacity;

    /// <summary>An empty segment.</summary>
    /// <param name="copies">N.</param>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="actionSize">Floats of an action as its head stores it.</param>
    /// <param name="maskSize">Flags of an action mask; 0 without masks.</param>
    public Rollout(int copies, int observationSize, int actionSize, int maskSize)
    {
        Copies = copies;
        this.observationSize = observationSize;
        this.actionSize = actionSize;
        this.maskSize = maskSize;
    }

    /// <summary>T.</summary>
    public int Steps { get; private set; }

    /// <summary>N.</summary>
    public int Copies { get; }

    /// <summary>T x N.</summary>
    public int Count => Steps * Copies;

    /// <summary>[T + 1, N, encoded observation size]: the bootstrap value needs what follows the last step.</summary>
    public float[] Observations { get; private set; } = [];

    /// <summary>[T, N, stored action size].</summary>
    public float[] Actions { get; private set; } = [];

    /// <summary>[T, N, flattened action size], empty without masks.</summary>
    public bool[] Masks { get; private set; } = [];

    /// <summary>[T, N]: log pi of the action when it was taken.</summary>
    public float[] LogProbabilities { get; private set; } = [];

    /// <summary>[T + 1, N].</summary>
    public float[] Values { get; private set; } = [];

    /// <summary>[T, N]: value of the observation that truly followed.</summary>
    public float[] NextValues { get; private set; } = [];

    /// <summary>[T, N].</summary>
    public float[] Rewards { get; private set; } = [];

    /// <summary>[T, N].</summary>
    public bool[] Terminated { get; private set; } = [];

    /// <summary>[T, N].</summary>
    public bool[] Done { get; private set; } = [];

    /// <summary>[T, N]: whether the step is the first of its episode, for policies with memory. Row 0 is left to the memory it began with.</summary>
    public bool[] Begins { get; private set; } = [];

    /// <summary>[T, N].</summary>
    public float[] Advantages { get; private set; } = [];

    /// <summary>[T, N].</summary>
    public float[] Returns { get; private set; } = [];

    /// <summary>Makes the segment <paramref name="steps"/> long; what its steps hold is kept.</summary>
    public void SetSteps(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        Steps = steps;
        if (steps <= capacity) { return; }
        // A fixed length is met exactly; a growing one doubles.
        capacity = capacity == 0 ? steps : Math.Max(steps, 2 * capacity);
        var count = capacity * Copies;
        Observations = Grown(Observations, (count + Copies) * observationSize);
        Actions = Grown(Actions, count * actionSize);
        Masks = Grown(Masks, count * maskSize);
        LogProbabilities = Grown(LogProbabilities, count);
        Values = Grown(Values, count + Copies);
        NextValues = Grown(NextValues, count);
        Rewards = Grown(Rewards, count);
        Terminated = Grown(Terminated, count);
        Done = Grown(Done, count);
        Begins = Grown(Begins, count);
        Advantages = Grown(Advantages, count);
        Returns = Grown(Returns, count);
    }

    private static T[] Grown<T>(T[] old, int length) where T : unmanaged
    {
        var grown = GC.AllocateArray<T>(length, pinned: true);
        old.CopyTo(grown, 0);
        return grown;
    }
}
