namespace Bellman.Algorithms;

/// <summary>One imagined step of several rollouts, as <see cref="ModelRollouts"/> reports it; the spans are valid during the call.</summary>
/// <param name="step">t, from 1 to k.</param>
/// <param name="length">k: the next states of step k are bootstrapped from and acted in by nobody.</param>
/// <param name="observations">[rows, observation size].</param>
/// <param name="next">[rows, observation size].</param>
/// <param name="terminated">[rows].</param>
public readonly ref struct ImaginedStep(int step, int length, ReadOnlySpan<float> observations, ReadOnlySpan<float> next, ReadOnlySpan<bool> terminated)
{
    /// <summary>t, from 1 to k.</summary>
    public int Step { get; } = step;

    /// <summary>k.</summary>
    public int Length { get; } = length;

    /// <summary>[rows, observation size]: s.</summary>
    public ReadOnlySpan<float> Observations { get; } = observations;

    /// <summary>[rows, observation size]: s'.</summary>
    public ReadOnlySpan<float> Next { get; } = next;

    /// <summary>[rows].</summary>
    public ReadOnlySpan<bool> Terminated { get; } = terminated;
}

/// <summary>Hears of imagined steps.</summary>
public delegate void ImaginedStepObserver(in ImaginedStep step);

/// <summary>
/// Rollouts of a policy in a model, from real states and k steps long (Janner et al. 2019, algorithm 2). A rollout that terminates ends there;
/// the cut after step k is no end: its last transition bootstraps.
/// </summary>
public sealed class ModelRollouts
{
    private readonly IDynamicsModel model;
    private readonly ObservationEncoder encoder;
    private readonly int observationSize;
    private readonly int actionSize;
    private float[] encoded = [];
    private float[] actions = [];
    private float[] next = [];
    private float[] rewards = [];
    private bool[] terminated = [];

    /// <summary>Rollouts in a model.</summary>
    /// <param name="model">What follows an action.</param>
    /// <param name="encoder">Makes of observations what the learner reads.</param>
    /// <param name="observationSize">Numbers of an observation.</param>
    /// <param name="actionSize">Numbers of an action.</param>
    public ModelRollouts(IDynamicsModel model, ObservationEncoder encoder, int observationSize, int actionSize) =>
        (this.model, this.encoder, this.observationSize, this.actionSize) = (model, encoder, observationSize, actionSize);

    /// <summary>Hears of every step; null by default.</summary>
    public ImaginedStepObserver? Observer { get; set; }

    /// <summary>Rolls out and stores every transition.</summary>
    /// <param name="states">[count, observation size]: where they start; overwritten.</param>
    /// <param name="length">k, at least 1.</param>
    /// <param name="learner">Acts.</param>
    /// <param name="into">Takes the transitions.</param>
    /// <param name="random">Where actions and the model's chances are drawn from.</param>
    /// <returns>Mean reward over all transitions, and how many there were.</returns>
    /// <exception cref="BellmanException">A prediction is not finite; the message names the step.</exception>
    public (double MeanReward, int Transitions) Run(Span<float> states, int length, IOffPolicyLearner learner, ReplayBuffer into, RandomStream random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        var count = states.Length / observationSize;
        Reserve(count);
        var (total, transitions) = (0.0, 0);
        for (var step = 1; step <= length && count > 0; step++)
        {
            encoder.Encode(states, count, encoded);
            learner.Act(encoded.AsSpan(0, count * encoder.Size), count, actions.AsSpan(0, count * actionSize), random);
            model.Predict(states, actions, count, next, rewards, terminated, random);
            RequireFinite(step, count);
            Observer?.Invoke(new ImaginedStep(step, length, states[..(count * observationSize)], next.AsSpan(0, count * observationSize), terminated.AsSpan(0, count)));
            var going = 0;
            for (var row = 0; row < count; row++)
            {
                var after = next.AsSpan(row * observationSize, observationSize);
                into.Add(states.Slice(row * observationSize, observationSize), actions.AsSpan(row * actionSize, actionSize), rewards[row], after, terminated[row]);
                total += rewards[row];
                transitions++;
                if (!terminated[row]) { after.CopyTo(states[(going++ * observationSize)..]); }
            }
            count = going;
        }
        return (total / transitions, transitions);
    }

    private void RequireFinite(int step, int count)
    {
        for (var row = 0; row < count; row++)
        {
            if (!float.IsFinite(rewards[row]) || next.AsSpan(row * observationSize, observationSize).ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
            {
                throw new BellmanException($"The model's prediction is not finite at step {step} of a rollout (row {row}). Shorten rollouts, hold the model tighter (model.weightDecay), or look for extreme numbers in the data.");
            }
        }
    }

    private void Reserve(int count)
    {
        if (rewards.Length >= count) { return; }
        encoded = new float[count * encoder.Size];
        actions = new float[count * actionSize];
        next = new float[count * observationSize];
        rewards = new float[count];
        terminated = new bool[count];
    }
}
