using Bellman.Environments.Submodular;
using Bellman.Neural;

namespace Bellman.Papers.SubmodularRl;

/// <summary>
/// Submodular policy optimisation (Prajapat et al. 2024): a policy gradient in which an action is credited with the marginal
/// gains that follow it,
/// <code>
/// grad J = E [ sum_i grad log pi(a_i | x_i) ( sum_{j >= i} F(s_{j+1} | tau_{0:j}) - b_i ) ]        (1)
/// </code>
/// It plays one batch of whole trajectories, all copies side by side, and takes one step of Adam.
/// </summary>
/// <remarks>
/// On <see cref="SubmodularReward.Modular"/> rewards it is the paper's baseline, modular RL: the same network, optimiser and budget.
/// Which policy it is (Markovian, or one that knows the history) lies in what the environment shows.
/// </remarks>
public sealed class SubPo : IAgent
{
    private readonly SynchronousVectorEnvironment environment;
    private readonly MarginalGainReward[] rewards;
    private readonly SubPoOptions options;
    private readonly NetworkGroup networks;
    private readonly INetwork network;
    private readonly Adam optimizer;
    private readonly RandomStream actionStream;
    private readonly RandomStream environmentStream;
    private readonly int actions;
    private readonly double[] values;
    private readonly double[] firstValues;
    private readonly List<float[]> observations = [];
    private readonly List<float[]> chosen = [];
    private readonly List<double[]> gains = [];
    private float[] inputs = [];
    private float[] logits = [];
    private float[] logProbabilities = [];
    private float[] probabilities = [];
    private float[] entropies = [];
    private float[] logitGradients = [];
    private float[] taken = [];
    private float[] policyWeights = [];
    private double[] flatGains = [];
    private double[] weights = [];
    private long steps;
    private long updates;

    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="environment">Its copies are the trajectories of a batch. Each is, within wrappers, a <see cref="MarginalGainReward"/>, and all episodes have the same length.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <exception cref="UsageException">An option is out of range, or the environment does not fit.</exception>
    public SubPo(SynchronousVectorEnvironment environment, SubPoOptions options, ulong seed)
    {
        this.environment = environment;
        this.options = OptionSet.Validated(options, "algorithm subpo");
        rewards = [.. environment.Copies.Select(copy => copy.Find<MarginalGainReward>()
            ?? throw new UsageException("SubPO learns from marginal gains: wrap the environment in MarginalGainReward with a submodular function."))];
        if (environment.ActionSpace is not Discrete { Count: var count })
        {
            throw new UsageException($"SubPO chooses among discrete actions; this environment takes {environment.ActionSpace}. Run a2c or ppo on MarginalGainReward for continuous ones.");
        }
        actions = count;
        var random = RandomStream.Create(seed, "subpo");
        networks = NetworkGroup.Create(random.Child("initialization"), new NetworkOptions(), Policy0(environment.ObservationSpace));
        network = networks["policy"];
        optimizer = new Adam(networks.Parameters, new AdamOptions { LearningRate = this.options.LearningRate });
        actionStream = random.Child("actions");
        environmentStream = random.Child("episodes");
        values = new double[environment.Count];
        firstValues = new double[environment.Count];
        Policy = new NetworkPolicy(this);
    }

    /// <inheritdoc/>
    public string Algorithm => "subpo";

    /// <inheritdoc/>
    public long Steps => steps;

    /// <inheritdoc/>
    public Space ObservationSpace => environment.ObservationSpace;

    /// <inheritdoc/>
    public Space ActionSpace => environment.ActionSpace;

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <summary>Mean F of the last batch's trajectories, the first state included, whatever the reward was.</summary>
    public double MeanValue { get; private set; }

    /// <summary>The parameters of the policy.</summary>
    public ParameterBuffer Parameters => networks.Parameters;

    /// <inheritdoc/>
    public void Advance(IMetricSink metrics)
    {
        var length = PlayBatch();
        MeanValue = values.Average();
        metrics.Add("train/value", MeanValue);
        metrics.Add("train/first_value", firstValues.Average());
        metrics.Add("train/entropy", Gradient(length));
        optimizer.Step();
        updates++;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Value(nameof(updates), ref updates);
        state.Part(nameof(networks), networks);
        state.Part(nameof(optimizer), optimizer);
        state.Part(nameof(actionStream), actionStream);
        state.Part(nameof(environmentStream), environmentStream);
        state.Part(nameof(environment), environment);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        networks.Dispose();
        environment.Dispose();
    }

    private NetworkPart Policy0(Space observationSpace)
    {
        if (options.Network == SubPoNetwork.Mlp)
        {
            return new MlpPart("policy", new MlpSpecification(observationSpace.Size, options.Hidden, actions) { Initialization = Initialization.FanIn });
        }
        return observationSpace is Discrete { Count: var indices }
            ? new LookupPart("policy", indices, actions)
            : throw new UsageException($"A table of logits needs a discrete observation; this environment shows {observationSpace}. Take network=mlp, or an environment that shows an index.");
    }

    /// <summary>Plays one episode in every copy and keeps it; returns its length.</summary>
    private int PlayBatch()
    {
        var count = environment.Count;
        environment.Reset(environmentStream.Child("batch", updates));
        for (var time = 0; ; time++)
        {
            if (observations.Count == time)
            {
                observations.Add(new float[environment.Observations.Length]);
                chosen.Add(new float[count]);
                gains.Add(new double[count]);
            }
            environment.Observations.CopyTo(observations[time], 0);
            Grow(ref logits, count * actions);
            network.Forward(environment.Observations, count, logits.AsSpan(0, count * actions));
            for (var copy = 0; copy < count; copy++)
            {
                environment.Actions[copy] = chosen[time][copy] = Categorical.Sample(logits.AsSpan(copy * actions, actions), actionStream);
            }
            environment.Step();
            steps += count;
            for (var copy = 0; copy < count; copy++)
            {
                gains[time][copy] = environment.Rewards[copy];
                if ((environment.Terminated[copy] || environment.Truncated[copy]) != (environment.Terminated[0] || environment.Truncated[0]))
                {
                    throw new UsageException($"SubPO plays batches of episodes of one length; copy {copy} and copy 0 disagree after step {time + 1}. Give the environment a fixed horizon, or use a2c or ppo.");
                }
            }
            if (!environment.Terminated[0] && !environment.Truncated[0]) { continue; }
            for (var copy = 0; copy < count; copy++) { (values[copy], firstValues[copy]) = (rewards[copy].EpisodeValue, rewards[copy].EpisodeFirstValue); }
            return time + 1;
        }
    }

    /// <summary>The gradient of L = -1/(B (H-1)) sum log pi(a_i|x_i) A_i - c entropy; returns the mean entropy.</summary>
    private double Gradient(int length)
    {
        var (count, size) = (environment.Count, environment.ObservationSpace.Size);
        var rows = length * count;
        Grow(ref inputs, rows * size);
        Grow(ref logits, rows * actions);
        Grow(ref logProbabilities, rows * actions);
        Grow(ref probabilities, rows * actions);
        Grow(ref logitGradients, rows * actions);
        Grow(ref entropies, rows);
        Grow(ref taken, rows);
        Grow(ref policyWeights, rows);
        Grow(ref flatGains, rows);
        Grow(ref weights, rows);
        for (var time = 0; time < length; time++)
        {
            observations[time].CopyTo(inputs, time * count * size);
            chosen[time].CopyTo(taken, time * count);
            gains[time].CopyTo(flatGains, time * count);
        }
        var credit = weights.AsSpan(0, rows);
        SubPoCredit.Weigh(options.Weights, flatGains.AsSpan(0, rows), firstValues, credit);
        if (options.Baseline) { SubPoCredit.SubtractBaseline(credit, count); }
        for (var row = 0; row < rows; row++) { policyWeights[row] = (float)(-credit[row] / rows); }

        networks.Parameters.ClearGradients();
        network.ForwardTraining(inputs.AsSpan(0, rows * size), rows, logits.AsSpan(0, rows * actions));
        CategoricalRows.Distributions(logits.AsSpan(0, rows * actions), logProbabilities.AsSpan(0, rows * actions), probabilities.AsSpan(0, rows * actions), entropies.AsSpan(0, rows));
        var gradients = logitGradients.AsSpan(0, rows * actions);
        gradients.Clear();
        CategoricalRows.AddGradients(logProbabilities.AsSpan(0, rows * actions), probabilities.AsSpan(0, rows * actions), entropies.AsSpan(0, rows),
            taken.AsSpan(0, rows), policyWeights.AsSpan(0, rows), (float)(-options.EntropyCoefficient / rows), gradients);
        network.Backward(gradients, rows, default);
        var entropy = 0.0;
        for (var row = 0; row < rows; row++) { entropy += entropies[row]; }
        return entropy / rows;
    }

    private static void Grow<T>(ref T[] block, int length)
    {
        if (block.Length < length) { Array.Resize(ref block, length); }
    }

    private sealed class NetworkPolicy(SubPo agent) : IPolicy
    {
        private float[] outputs = [];

        public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
        {
            Grow(ref outputs, count * agent.actions);
            agent.network.Forward(observations[..(count * agent.ObservationSpace.Size)], count, outputs.AsSpan(0, count * agent.actions));
            for (var row = 0; row < count; row++)
            {
                var logits = outputs.AsSpan(row * agent.actions, agent.actions);
                actions[row] = random is null ? Categorical.Mode(logits) : Categorical.Sample(logits, random);
            }
        }
    }
}
