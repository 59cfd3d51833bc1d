namespace Bellman.Algorithms;

/// <summary>
/// A batch drawn from replay, as networks read it; allocated once. Replay keeps observations as they were seen: the
/// normaliser moves on, what was seen does not.
/// </summary>
public sealed class ReplayBatch
{
    private readonly ReplayBuffer replay;
    private readonly ObservationEncoder encoder;
    private readonly float[] plain;

    /// <summary>Room for <paramref name="size"/> transitions of <paramref name="replay"/>.</summary>
    public ReplayBatch(ReplayBuffer replay, ObservationEncoder encoder, int size)
    {
        (this.replay, this.encoder, Size) = (replay, encoder, size);
        plain = new float[size * replay.ObservationSize];
        Rows = new int[size];
        Weights = new float[size];
        Observations = GC.AllocateArray<float>(size * encoder.Size, pinned: true);
        NextObservations = GC.AllocateArray<float>(size * encoder.Size, pinned: true);
        Actions = new float[size * replay.ActionSize];
        Rewards = new float[size];
        Terminated = new bool[size];
        Steps = new int[size];
    }

    /// <summary>Transitions in it.</summary>
    public int Size { get; }

    /// <summary>[size]: where they lie in replay.</summary>
    public int[] Rows { get; }

    /// <summary>[size]: what each one's loss is multiplied with.</summary>
    public float[] Weights { get; }

    /// <summary>[size, encoded size]: s.</summary>
    public float[] Observations { get; }

    /// <summary>[size, encoded size]: s'.</summary>
    public float[] NextObservations { get; }

    /// <summary>[size, action size]: a.</summary>
    public float[] Actions { get; }

    /// <summary>[size]: r.</summary>
    public float[] Rewards { get; }

    /// <summary>[size]: whether there is nothing to bootstrap from.</summary>
    public bool[] Terminated { get; }

    /// <summary>[size]: environment steps from s to s'.</summary>
    public int[] Steps { get; }

    /// <summary>Lets <paramref name="sampler"/> choose the rows and gathers them.</summary>
    public void Draw(IReplaySampler sampler, RandomStream random)
    {
        sampler.Sample(replay.Count, random, Rows, Weights);
        Gather();
    }

    /// <summary>Takes the given rows, all with weight 1.</summary>
    /// <param name="rows">[size].</param>
    public void Take(ReadOnlySpan<int> rows)
    {
        rows.CopyTo(Rows);
        Weights.AsSpan().Fill(1);
        Gather();
    }

    private void Gather()
    {
        Encode(replay.Observations, Observations);
        Encode(replay.NextObservations, NextObservations);
        ReplayBuffer.Gather(replay.Actions, replay.ActionSize, Rows, Actions);
        for (var i = 0; i < Size; i++)
        {
            Rewards[i] = replay.Rewards[Rows[i]];
            Terminated[i] = replay.Terminated[Rows[i]];
            Steps[i] = replay.Steps[Rows[i]];
        }
    }

    private void Encode(float[] block, float[] encoded)
    {
        ReplayBuffer.Gather(block, replay.ObservationSize, Rows, plain);
        encoder.Encode(plain, Size, encoded);
    }
}
