using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Decision transformer (Chen et al. 2021, "Decision transformer: reinforcement learning via sequence modeling"): a causal transformer that tells the
/// action from the return still wanted, the observations and the actions so far. In play the wanted return falls by what was earned.
/// </summary>
public sealed class DecisionTransformer : IOfflineAgent
{
    private const string Name = "transformer";

    private readonly DecisionTransformerOptions options;
    private readonly CausalTransformerShape shape;
    private readonly DecisionContext context;
    private readonly NetworkGroup networks;
    private readonly Adam optimizer;
    private readonly double scale;
    private readonly double[] returns;
    private readonly int[] episodeOf;
    private readonly int[] rows;
    private readonly float[] weights;
    private readonly float[] inputs;
    private readonly float[] outputs;
    private readonly float[] gradients;
    private readonly float[] recorded;
    private readonly float[] mask;
    private readonly float[] encoded;
    private long steps;

    /// <summary>An agent that learns from <paramref name="data"/>, whose blocks it keeps.</summary>
    /// <param name="observationSpace">What the policy reads.</param>
    /// <param name="actionSpace">What it writes: Discrete, or a Box with finite bounds.</param>
    /// <param name="data">The transitions, recorded in these spaces.</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="sampler">Where contexts begin; null for what the options say, every transition alike by default.</param>
    /// <exception cref="UsageException">The data set does not fit the spaces, or the actions are neither Discrete nor a Box with finite bounds.</exception>
    public DecisionTransformer(Space observationSpace, Space actionSpace, OfflineDataset data, DecisionTransformerOptions options, ulong seed, IReplaySampler? sampler = null)
    {
        (this.options, ObservationSpace, ActionSpace) = (options, observationSpace, actionSpace);
        var random = RandomStream.Create(seed, Algorithm);
        Experience = new OfflineExperience(Algorithm, observationSpace, actionSpace, data, options, random, sampler);
        var size = actionSpace is Discrete discrete ? discrete.Count : actionSpace.Size;
        shape = new CausalTransformerShape(Experience.Encoder.Size, size, size)
        {
            Context = options.Context,
            Layers = options.Hidden.Length,
            Width = options.Hidden[0],
            Heads = options.Heads,
            Horizon = options.Horizon,
            Activation = options.Activation,
            OutputActivation = actionSpace is Discrete ? Activation.Identity : Activation.Tanh,
        };
        context = new DecisionContext(shape);
        networks = NetworkGroup.Create(random.Child("network"), options.NetworkOptions, new CausalTransformerPart(Name, shape));
        optimizer = new Adam(networks.Parameters, new AdamOptions { LearningRate = options.LearningRate, WeightDecay = options.WeightDecay });
        returns = new double[data.Count];
        episodeOf = new int[data.Count];
        for (var i = 0; i < data.Episodes.Count; i++)
        {
            var episode = data.Episodes[i];
            var rewards = data.Rewards.AsSpan(episode.Start, episode.Length);
            var known = 0.0;
            foreach (var reward in rewards) { known += reward; }
            SequenceLoss.ReturnsToGo(rewards, episode.Return - known, returns.AsSpan(episode.Start, episode.Length));
            episodeOf.AsSpan(episode.Start, episode.Length).Fill(i);
        }
        var largest = returns.Max(Math.Abs);
        scale = options.ReturnScale ?? (largest > 0 ? largest : 1);
        rows = new int[options.BatchSize];
        weights = new float[options.BatchSize];
        inputs = new float[options.BatchSize * context.Size];
        outputs = new float[options.BatchSize * shape.Context * size];
        gradients = new float[outputs.Length];
        recorded = new float[outputs.Length];
        mask = new float[options.BatchSize * shape.Context];
        encoded = new float[Experience.Encoder.Size];
        Policy = new DecisionTransformerPolicy(networks[Name], shape, Experience.Encoder, observationSpace, actionSpace, options.TargetReturn ?? data.Episodes.Max(episode => episode.Return), scale);
    }

    /// <inheritdoc/>
    public string Algorithm => "decision-transformer";

    /// <summary>Updates so far.</summary>
    public long Steps => steps;

    /// <inheritdoc/>
    public Space ObservationSpace { get; }

    /// <inheritdoc/>
    public Space ActionSpace { get; }

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <inheritdoc/>
    public OfflineExperience Experience { get; }

    /// <inheritdoc/>
    public void Advance(IMetricSink metrics)
    {
        // A transition at random begins the context: episodes then count by their length, as in the paper.
        Experience.Sampler.Sample(Experience.Data.Count, Experience.Stream, rows, weights);
        Array.Clear(inputs);
        for (var i = 0; i < rows.Length; i++) { Fill(i); }
        networks[Name].ForwardTraining(inputs, rows.Length, outputs);
        networks.Parameters.ClearGradients();
        var loss = ActionSpace is Discrete ? SequenceLoss.CrossEntropy(outputs, recorded, mask, gradients) : SequenceLoss.SquaredError(outputs, recorded, mask, gradients);
        networks[Name].Backward(gradients, rows.Length, default);
        metrics.Add("loss/actor", loss);
        metrics.Add("train/actor_gradient_norm", networks.Parameters.ClipGradients(options.MaximumGradientNorm));
        steps++;
        optimizer.Step(options.LearningRate * (options.WarmUp == 0 ? 1 : Math.Min(1, (double)steps / options.WarmUp)));
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        Experience.Exchange(state);
        state.Value(nameof(steps), ref steps);
        state.Part(nameof(networks), networks);
        state.Part(nameof(optimizer), optimizer);
    }

    /// <inheritdoc/>
    public void Dispose() => networks.Dispose();

    /// <summary>Writes the context that begins at the i-th drawn row, padding first.</summary>
    private void Fill(int i)
    {
        var (data, replay) = (Experience.Data, Experience.Replay);
        var episode = data.Episodes[episodeOf[rows[i]]];
        var length = Math.Min(shape.Context, episode.Start + episode.Length - rows[i]);
        var row = inputs.AsSpan(i * context.Size, context.Size);
        for (var k = 0; k < length; k++)
        {
            var (at, place) = (rows[i] + k, shape.Context - length + k);
            Experience.Encoder.Encode(data.Observations.AsSpan(at * data.ObservationSize, data.ObservationSize), 1, encoded);
            context.Write(row, place, returns[at] / scale, encoded, at - episode.Start);
            var action = context.Action(row, place);
            if (ActionSpace is Discrete) { action[(int)replay.Actions[at]] = 1; } else { replay.Actions.AsSpan(at * shape.Action, shape.Action).CopyTo(action); }
        }
        context.Actions(row).CopyTo(recorded.AsSpan(i * shape.Context * shape.Action));
        context.Mask(row).CopyTo(mask.AsSpan(i * shape.Context));
    }
}
