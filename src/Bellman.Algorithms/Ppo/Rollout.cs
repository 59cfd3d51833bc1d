namespace Bellman.Algorithms;

/// <summary>A segment of experience of all copies, [time, copies, ...] in contiguous blocks, allocated once.</summary>
public sealed class Rollout
{
    /// <summary>Allocates a segment.</summary>
    public Rollout(int steps, int copies, int observationSize, int actionSize, int maskSize)
    {
        Steps = steps;
        Copies = copies;
        var count = steps * copies;
        // One more row of observations: the bootstrap value needs what follows the last step.
        Observations = GC.AllocateArray<float>((count + copies) * observationSize, pinned: true);
        Actions = new float[count * actionSize];
        Masks = new bool[count * maskSize];
        LogProbabilities = new float[count];
        Values = new float[count + copies];
        NextValues = new float[count];
        Rewards = new float[count];
        Terminated = new bool[count];
        Done = new bool[count];
        Advantages = new float[count];
        Returns = new float[count];
    }

    /// <summary>T.</summary>
    public int Steps { get; }

    /// <summary>N.</summary>
    public int Copies { get; }

    /// <summary>T x N.</summary>
    public int Count => Steps * Copies;

    /// <summary>[T + 1, N, encoded observation size].</summary>
    public float[] Observations { get; }

    /// <summary>[T, N, stored action size].</summary>
    public float[] Actions { get; }

    /// <summary>[T, N, flattened action size], empty without masks.</summary>
    public bool[] Masks { get; }

    /// <summary>[T, N]: log pi of the action when it was taken.</summary>
    public float[] LogProbabilities { get; }

    /// <summary>[T + 1, N].</summary>
    public float[] Values { get; }

    /// <summary>[T, N]: value of the observation that truly followed.</summary>
    public float[] NextValues { get; }

    /// <summary>[T, N].</summary>
    public float[] Rewards { get; }

    /// <summary>[T, N].</summary>
    public bool[] Terminated { get; }

    /// <summary>[T, N].</summary>
    public bool[] Done { get; }

    /// <summary>[T, N].</summary>
    public float[] Advantages { get; }

    /// <summary>[T, N].</summary>
    public float[] Returns { get; }
}
