using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Proximal policy optimisation with a clipped surrogate (Schulman et al. 2017, "Proximal policy optimization
/// algorithms"): collect T steps of N copies with the policy as it is, then improve it for a few epochs without
/// letting the probability ratio leave [1 - eps, 1 + eps].
/// </summary>
public sealed class Ppo : IAgent
{
    private readonly VectorEnvironment environment;
    private readonly PpoOptions options;
    private readonly long totalSteps;
    private readonly ObservationEncoder encoder;
    private readonly ActionHead head;
    private readonly NetworkGroup networks;
    private readonly INetwork actor;
    private readonly INetwork critic;
    private readonly Adam optimizer;
    private readonly Rollout rollout;
    private readonly RandomStream actionStream;
    private readonly RandomStream shuffleStream;
    private readonly bool masked;
    private readonly Batch batch;
    private readonly int[] order;
    private readonly float[] outputs;
    private readonly float[] finalEncoded;
    private readonly float[] finalValues;
    private readonly int[] finalCopies;
    private long steps;

    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="environment">The copies; <see cref="AlgorithmOptions.Copies"/> is not read here.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="totalSteps">Environment steps over which schedules run.</param>
    /// <exception cref="UsageException">An option is out of range, or the action space has no policy head.</exception>
    public Ppo(VectorEnvironment environment, PpoOptions options, ulong seed, long totalSteps)
    {
        this.environment = environment;
        this.options = options = OptionSet.Validated(options with { Copies = environment.Count }, "algorithm ppo");
        this.totalSteps = totalSteps;
        var random = RandomStream.Create(seed, "ppo");
        actionStream = random.Child("action");
        shuffleStream = random.Child("shuffle");
        encoder = new ObservationEncoder(environment.ObservationSpace, options.NormalizeObservations);
        head = ActionHead.For(environment.ActionSpace);
        var actorMlp = new MlpSpecification(encoder.Size, options.Hidden, head.Outputs) { Activation = options.Activation, OutputGain = 0.01f };
        var criticMlp = new MlpSpecification(encoder.Size, options.Hidden, 1) { Activation = options.Activation };
        List<NetworkPart> parts = [new MlpPart("actor", actorMlp), new MlpPart("critic", criticMlp)];
        if (head.FreeParameters > 0) { parts.Add(new VectorPart("logStd", head.FreeParameters, (float)options.InitialLogStandardDeviation)); }
        networks = NetworkGroup.Create(random.Child("initialization"), new NetworkOptions { Engine = options.Engine }, [.. parts]);
        actor = networks["actor"];
        critic = networks["critic"];
        optimizer = new Adam(networks.Parameters, new AdamOptions { LearningRate = options.LearningRate, Epsilon = 1e-5 });

        environment.Reset(random.Child("environments"));
        masked = environment.WriteActionMasks(new bool[environment.Count * environment.ActionSpace.FlatSize]);
        rollout = new Rollout(options.RolloutSteps, environment.Count, encoder.Size, head.ActionSize, masked ? head.Outputs : 0);
        order = new int[rollout.Count];
        batch = new Batch(rollout.Count / options.Minibatches, encoder.Size, head);
        outputs = new float[environment.Count * head.Outputs];
        finalEncoded = new float[environment.Count * encoder.Size];
        finalValues = new float[environment.Count];
        finalCopies = new int[environment.Count];
        Policy = new ActorCriticPolicy(encoder, networks, head, environment.ObservationSpace, environment.ActionSpace);
    }

    /// <inheritdoc/>
    public string Algorithm => "ppo";

    /// <inheritdoc/>
    public long Steps => steps;

    /// <inheritdoc/>
    public Space ObservationSpace => environment.ObservationSpace;

    /// <inheritdoc/>
    public Space ActionSpace => environment.ActionSpace;

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    private Span<float> Free => head.FreeParameters > 0 ? networks.Vector("logStd") : default;

    private Span<float> FreeGradient => head.FreeParameters > 0 ? networks.VectorGradient("logStd") : default;

    /// <inheritdoc/>
    public void Advance(IMetricSink metrics)
    {
        var learningRate = options.LearningRate * (options.AnnealLearningRate ? Math.Max(0, 1 - (double)steps / totalSteps) : 1);
        Collect(metrics);
        EstimateAdvantages();
        Improve(learningRate, metrics);
        metrics.Add("train/learning_rate", learningRate);
        metrics.Add("train/explained_variance", AdvantageEstimation.ExplainedVariance(rollout.Returns, rollout.Values.AsSpan(0, rollout.Count)));
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Part(nameof(networks), networks);
        state.Part(nameof(optimizer), optimizer);
        state.Part(nameof(encoder), encoder);
        state.Part(nameof(environment), environment);
        state.Part(nameof(actionStream), actionStream);
        state.Part(nameof(shuffleStream), shuffleStream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        environment.Dispose();
        networks.Dispose();
    }

    private void Collect(IMetricSink metrics)
    {
        var copies = environment.Count;
        Array.Clear(rollout.NextValues);
        for (var t = 0; t < rollout.Steps; t++)
        {
            encoder.Observe(environment.Observations, copies);
            var encoded = rollout.Observations.AsSpan(t * copies * encoder.Size, copies * encoder.Size);
            encoder.Encode(environment.Observations, copies, encoded);
            ChooseActions(t, encoded);
            environment.Step();
            for (var i = 0; i < copies; i++)
            {
                var row = t * copies + i;
                rollout.Rewards[row] = environment.Rewards[i];
                rollout.Terminated[row] = environment.Terminated[i];
                rollout.Done[row] = environment.Terminated[i] || environment.Truncated[i];
                if (rollout.Done[row]) { metrics.Episode(environment.EpisodeReturns[i], environment.EpisodeLengths[i]); }
            }
            BootstrapTruncated(t);
            steps += copies;
        }
        encoder.Encode(environment.Observations, copies, rollout.Observations.AsSpan(rollout.Count * encoder.Size));
    }

    private void ChooseActions(int t, ReadOnlySpan<float> encoded)
    {
        var copies = environment.Count;
        actor.Forward(encoded, copies, outputs);
        var masks = masked ? rollout.Masks.AsSpan(t * copies * head.Outputs, copies * head.Outputs) : default;
        if (masked) { environment.WriteActionMasks(masks); }
        for (var i = 0; i < copies; i++)
        {
            var row = t * copies + i;
            var parameters = outputs.AsSpan(i * head.Outputs, head.Outputs);
            if (masked) { head.Mask(parameters, masks.Slice(i * head.Outputs, head.Outputs)); }
            var action = rollout.Actions.AsSpan(row * head.ActionSize, head.ActionSize);
            head.Act(parameters, Free, actionStream, action);
            rollout.LogProbabilities[row] = head.LogProbability(parameters, Free, action);
            head.ToEnvironment(action, environment.Action(i));
        }
    }

    /// <summary>An episode that was cut short still has the value of its final observation.</summary>
    private void BootstrapTruncated(int t)
    {
        var count = 0;
        for (var i = 0; i < environment.Count; i++)
        {
            if (!environment.Truncated[i] || environment.Terminated[i]) { continue; }
            encoder.Encode(environment.FinalObservation(i), 1, finalEncoded.AsSpan(count * encoder.Size));
            finalCopies[count++] = i;
        }
        if (count == 0) { return; }
        critic.Forward(finalEncoded.AsSpan(0, count * encoder.Size), count, finalValues.AsSpan(0, count));
        for (var k = 0; k < count; k++) { rollout.NextValues[t * environment.Count + finalCopies[k]] = finalValues[k]; }
    }

    private void EstimateAdvantages()
    {
        // The critic did not change while collecting: one large batch gives every value at once.
        critic.Forward(rollout.Observations, rollout.Count + environment.Count, rollout.Values);
        for (var row = 0; row < rollout.Count; row++)
        {
            if (!rollout.Done[row]) { rollout.NextValues[row] = rollout.Values[row + environment.Count]; }
        }
        AdvantageEstimation.Generalized(rollout.Rewards, rollout.Values.AsSpan(0, rollout.Count), rollout.NextValues, rollout.Terminated, rollout.Done,
            environment.Count, options.Gamma, options.Lambda, rollout.Advantages);
        for (var row = 0; row < rollout.Count; row++) { rollout.Returns[row] = rollout.Advantages[row] + rollout.Values[row]; }
    }

    private void Improve(double learningRate, IMetricSink metrics)
    {
        for (var i = 0; i < order.Length; i++) { order[i] = i; }
        for (var epoch = 0; epoch < options.Epochs; epoch++)
        {
            shuffleStream.Shuffle(order.AsSpan());
            for (var start = 0; start < order.Length; start += batch.Size)
            {
                var losses = ComputeGradients(order.AsSpan(start, batch.Size));
                losses.Report(metrics);
                if (losses.Kl > 1.5 * options.TargetKl) { return; }
                metrics.Add("train/gradient_norm", networks.Parameters.ClipGradients(options.MaximumGradientNorm));
                optimizer.Step(learningRate);
            }
        }
    }

    /// <summary>Fills the gradients of total = policy + c_v value - c_e entropy, each a mean over the mini-batch.</summary>
    private Losses ComputeGradients(ReadOnlySpan<int> rows)
    {
        batch.Gather(rollout, rows, encoder.Size, head.ActionSize);
        if (options.NormalizeAdvantages) { PpoLoss.Normalize(batch.Advantages); }
        networks.Parameters.ClearGradients();
        actor.ForwardTraining(batch.Observations, batch.Size, batch.Outputs);
        critic.ForwardTraining(batch.Observations, batch.Size, batch.Values);
        Array.Clear(batch.OutputGradients);
        var scale = 1.0 / batch.Size;
        var losses = new Losses();
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            var parameters = batch.Outputs.AsSpan(i * head.Outputs, head.Outputs);
            if (masked) { head.Mask(parameters, rollout.Masks.AsSpan(row * head.Outputs, head.Outputs)); }
            var action = batch.Actions.AsSpan(i * head.ActionSize, head.ActionSize);
            var (logProbability, oldLogProbability) = (head.LogProbability(parameters, Free, action), rollout.LogProbabilities[row]);
            var policy = PpoLoss.Policy(logProbability, oldLogProbability, batch.Advantages[i], options.Clip);
            var value = PpoLoss.Value(batch.Values[i], rollout.Values[row], rollout.Returns[row], options.ValueClip);
            head.AddGradient(parameters, Free, action, (float)(policy.Derivative * scale), (float)(-options.EntropyCoefficient * scale),
                batch.OutputGradients.AsSpan(i * head.Outputs, head.Outputs), FreeGradient);
            batch.ValueGradients[i] = (float)(options.ValueCoefficient * value.Derivative * scale);
            losses.Policy += policy.Loss * scale;
            losses.Value += value.Loss * scale;
            losses.Entropy += head.Entropy(parameters, Free) * scale;
            losses.Kl += PpoLoss.ApproximateKl(logProbability, oldLogProbability) * scale;
            losses.Clipped += Math.Abs(Math.Exp(logProbability - oldLogProbability) - 1) > options.Clip ? scale : 0;
        }
        actor.Backward(batch.OutputGradients, batch.Size, default);
        critic.Backward(batch.ValueGradients, batch.Size, default);
        return losses;
    }

    private struct Losses
    {
        public double Policy, Value, Entropy, Kl, Clipped;

        public readonly void Report(IMetricSink metrics)
        {
            metrics.Add("loss/policy", Policy);
            metrics.Add("loss/value", Value);
            metrics.Add("train/entropy", Entropy);
            metrics.Add("train/approximate_kl", Kl);
            metrics.Add("train/clip_fraction", Clipped);
        }
    }

    /// <summary>A mini-batch gathered into contiguous blocks.</summary>
    private sealed class Batch(int size, int observationSize, ActionHead head)
    {
        public int Size { get; } = size;

        public float[] Observations { get; } = GC.AllocateArray<float>(size * observationSize, pinned: true);

        public float[] Actions { get; } = new float[size * head.ActionSize];

        public float[] Advantages { get; } = new float[size];

        public float[] Outputs { get; } = new float[size * head.Outputs];

        public float[] OutputGradients { get; } = new float[size * head.Outputs];

        public float[] Values { get; } = new float[size];

        public float[] ValueGradients { get; } = new float[size];

        public void Gather(Rollout rollout, ReadOnlySpan<int> rows, int observationSize, int actionSize)
        {
            ReplayBuffer.Gather(rollout.Observations, observationSize, rows, Observations);
            ReplayBuffer.Gather(rollout.Actions, actionSize, rows, Actions);
            ReplayBuffer.Gather(rollout.Advantages, 1, rows, Advantages);
        }
    }
}
