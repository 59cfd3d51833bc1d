namespace Bellman.Algorithms;

/// <summary>A learner that reads more of replay than the batches it is handed.</summary>
public interface IReplayReader
{
    /// <summary>Told once, by its agent, where real transitions are stored.</summary>
    void Attach(ReplayBuffer replay);
}

/// <summary>
/// Puts imagined transitions into the batches of a learner: now and then a model is fitted to the real ones and the learner rolled out in it
/// from real states; every batch then is <see cref="RolloutPlan.RealShare"/> real and the rest imagined (Janner et al. 2019; Yu et al. 2020).
/// </summary>
public sealed class ModelBasedLearner : IOffPolicyLearner, IReplayReader
{
    private readonly IOffPolicyLearner learner;
    private readonly IDynamicsModel model;
    private readonly RolloutPlan plan;
    private readonly ReplayBuffer imagined;
    private readonly DistinctSampler sampler = new();
    private readonly RandomStream rolloutStream;
    private readonly RandomStream batchStream;
    private readonly ReplayBatch? imaginedRows;
    private readonly int realRows;
    private ReplayBuffer? real;
    private float[] starts = [];
    private int[] chosen = [];
    private long updates;

    /// <summary>Around a learner.</summary>
    /// <param name="learner">What learns; owned.</param>
    /// <param name="model">What is rolled out in; owned.</param>
    /// <param name="encoder">Of the agent's observations.</param>
    /// <param name="actionSize">Numbers of an action.</param>
    /// <param name="batchSize">Rows of the agent's batches.</param>
    /// <param name="plan">How much and when.</param>
    /// <param name="random">Rollouts and batches draw from its children.</param>
    public ModelBasedLearner(IOffPolicyLearner learner, IDynamicsModel model, ObservationEncoder encoder, int actionSize, int batchSize, RolloutPlan plan, RandomStream random)
    {
        if (encoder.Space is not Box { Shape.Count: 1 }) { throw new UsageException($"A dynamics model predicts vectors; these observations are {encoder.Space}. Use an environment whose observation is a Box of one axis."); }
        (this.learner, this.model, this.plan) = (learner, model, plan);
        rolloutStream = random.Child("rollouts");
        batchStream = random.Child("batches");
        imagined = new ReplayBuffer(checked(plan.Rollouts * plan.LongestRollout * plan.Retain), encoder.Space.Size, actionSize);
        realRows = (int)(plan.RealShare * batchSize);
        imaginedRows = realRows < batchSize ? new ReplayBatch(imagined, encoder, batchSize - realRows) : null;
        Rollouts = new ModelRollouts(model, encoder, encoder.Space.Size, actionSize);
    }

    /// <summary>What learns.</summary>
    public IOffPolicyLearner Learner => learner;

    /// <summary>What is rolled out in.</summary>
    public IDynamicsModel Model => model;

    /// <summary>The rollouts, to be listened to.</summary>
    public ModelRollouts Rollouts { get; }

    /// <summary>None: rows are not those that a sampler chose.</summary>
    public ReadOnlySpan<float> Errors => [];

    /// <inheritdoc/>
    public void Attach(ReplayBuffer replay)
    {
        if (plan.DistinctStarts && plan.Rollouts > replay.Capacity)
        {
            throw new UsageException($"A round of {plan.Rollouts} rollouts starts in different real states, and the data set has {replay.Capacity} transitions. Lower rollouts to at most {replay.Capacity}.");
        }
        real = replay;
    }

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random) => learner.Act(observations, count, actions, random);

    /// <inheritdoc/>
    public IPolicy CreatePolicy(ObservationEncoder encoder, Space observationSpace, Space actionSpace) => learner.CreatePolicy(encoder, observationSpace, actionSpace);

    /// <inheritdoc/>
    public void Update(ReplayBatch batch, IMetricSink metrics)
    {
        var replay = real ?? throw new InvalidOperationException("A model-based learner is attached to replay before its first update.");
        if (imaginedRows is not null)
        {
            if (plan.UpdatesPerFit == 0 ? updates == 0 : updates % plan.UpdatesPerFit == 0) { model.Fit(replay, metrics); }
            if (updates % plan.UpdatesPerRound == 0) { RollOut(replay, metrics); }
        }
        updates++;
        if (imaginedRows is not null)
        {
            // The agent's sampler chose the real rows that stay.
            imaginedRows.Draw(sampler, batchStream);
            Copy(imaginedRows, batch, realRows);
        }
        learner.Update(batch, metrics);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(updates), ref updates);
        state.Part(nameof(learner), learner);
        state.Part(nameof(model), model);
        state.Part(nameof(imagined), imagined);
        state.Part(nameof(rolloutStream), rolloutStream);
        state.Part(nameof(batchStream), batchStream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        learner.Dispose();
        model.Dispose();
    }

    private void RollOut(ReplayBuffer replay, IMetricSink metrics)
    {
        if (chosen.Length != plan.Rollouts)
        {
            chosen = new int[plan.Rollouts];
            starts = new float[plan.Rollouts * replay.ObservationSize];
        }
        if (plan.DistinctStarts) { sampler.Draw(replay.Count, rolloutStream, chosen); }
        else
        {
            foreach (ref var row in chosen.AsSpan()) { row = rolloutStream.NextInt32(replay.Count); }
        }
        ReplayBuffer.Gather(replay.Observations, replay.ObservationSize, chosen, starts);
        var length = plan.RolloutLength(updates);
        var (reward, transitions) = Rollouts.Run(starts, length, learner, imagined, rolloutStream);
        metrics.Add("model/reward", reward);
        metrics.Add("model/rollout_length", length);
        metrics.Add("model/transitions", transitions);
    }

    private static void Copy(ReplayBatch from, ReplayBatch to, int row)
    {
        var (size, width, actions) = (from.Size, from.Observations.Length / from.Size, from.Actions.Length / from.Size);
        from.Observations.CopyTo(to.Observations, row * width);
        from.NextObservations.CopyTo(to.NextObservations, row * width);
        from.Actions.CopyTo(to.Actions, row * actions);
        from.Rewards.CopyTo(to.Rewards, row);
        from.Terminated.CopyTo(to.Terminated, row);
        from.Steps.CopyTo(to.Steps, row);
        to.Weights.AsSpan(row, size).Fill(1);
    }
}
