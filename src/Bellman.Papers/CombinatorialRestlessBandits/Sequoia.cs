using Bellman.Environments.RestlessBandits;
using Bellman.Neural;

namespace Bellman.Papers.CombinatorialRestlessBandits;

/// <summary>
/// SEQUOIA (Xu et al. 2025): Q-learning on a network that reads state and joint action, whose best feasible action is found by embedding
/// the network into a mixed-integer program.
/// <code>
/// a'_i = oracle(q_target, s'_i),   y_i = cost_i + gamma q_target(a'_i, s'_i),   loss = mean_i w_i SmoothL1(q(a_i, s_i), y_i)     (4)
/// </code>
/// The network predicts cost, -Q, and the oracle minimises it. There is no terminal mask: values are those of an infinite horizon.
/// </summary>
public sealed class Sequoia : IDisposable
{
    private const int PretrainingBatch = 32;
    private const int Seeded = 1000;
    private const int Capacity = 10_000;
    private const float LargestGradient = 5;

    private readonly RestlessBanditInstance instance;
    private readonly SequoiaOptions options;
    private readonly RandomStream random;
    private readonly NetworkGroup online;
    private readonly NetworkGroup target;
    private readonly ChoiceOf acting;
    private readonly ChoiceOf bootstrapping;
    private readonly ReplayBuffer replay;
    private readonly IReplaySampler sampler;
    private long actions;
    private long updates;

    /// <summary>A learner for an instance.</summary>
    /// <param name="instance">The arms.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="random">Everything is drawn from children of this stream.</param>
    /// <exception cref="UsageException">An option is out of range, or the constraint has no heuristic for <see cref="SequoiaOracle.Iterative"/>.</exception>
    public Sequoia(RestlessBanditInstance instance, SequoiaOptions options, RandomStream random)
    {
        this.instance = instance;
        this.options = options = OptionSet.Validated(options, "SEQUOIA");
        this.random = random;
        if (options.Oracle == SequoiaOracle.Iterative && !IterativeChoice.Exists(instance)) { throw new UsageException("There is no greedy construction of a walk: oracle=iterative serves the other families."); }
        var size = instance.Actions.Size;
        online = NetworkGroup.Create(random.Child("initialization"), new NetworkOptions { Engine = Engine.Simd },
            new MlpPart("q", new MlpSpecification(size + instance.Arms, options.Hidden, 1) { Activation = Activation.Relu, Initialization = Initialization.FanIn }));
        target = online.Copy();
        acting = new ChoiceOf(online["q"], instance, options, random.Child("acting"));
        bootstrapping = new ChoiceOf(target["q"], instance, options, random.Child("bootstrapping"));
        replay = new ReplayBuffer(Capacity, instance.Arms, size);
        sampler = options.Prioritised ? new PrioritizedSampler(Capacity) : new UniformSampler();
    }

    /// <summary>The network, q(a, s) = cost.</summary>
    public INetwork Network => online["q"];

    /// <summary>Its parameters.</summary>
    public ParameterBuffer Parameters => online.Parameters;

    /// <summary>Programs solved, of both networks.</summary>
    public long Solves => acting.Counts.Solves + bootstrapping.Counts.Solves;

    /// <summary>Solves that ran out of time, with or without an action.</summary>
    public long TimeOuts => new[] { acting, bootstrapping }.Sum(choice => choice.Counts.TimeOuts + choice.Counts.RandomActions);

    /// <summary>Seconds in solvers.</summary>
    public double SolverSeconds => acting.Counts.Seconds + bootstrapping.Counts.Seconds;

    /// <summary>Requests of the target network that memory answered.</summary>
    public long Remembered => bootstrapping.Remembered;

    /// <summary>Pre-training on one-step rewards (C3), then Q-learning (C4).</summary>
    /// <param name="report">Hears of every finished episode with its mean reward a step; may be null.</param>
    public void Train(Action<int, double>? report = null)
    {
        var samples = PretrainingData();
        Pretrain(samples);
        target.Parameters.CopyFrom(online.Parameters);
        bootstrapping.Changed();
        Learn(samples, report);
    }

    /// <summary>The policy as it stands: the network's best feasible action, remembered by state.</summary>
    public IActionChoice Policy()
    {
        var policy = new ChoiceOf(online["q"], instance, options with { RelaxedTrainingConstraints = false }, random.Child("policy"));
        owned.Add(policy);
        return policy;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        acting.Dispose();
        bootstrapping.Dispose();
        foreach (var policy in owned) { policy.Dispose(); }
        online.Dispose();
        target.Dispose();
    }

    private readonly List<ChoiceOf> owned = [];

    /// <summary>A state, an action (perhaps infeasible: the network must extrapolate) and -R(s, a).</summary>
    private sealed record Sample(int[] States, float[] Action, float Cost);

    private List<Sample> PretrainingData()
    {
        var stream = random.Child("pretraining data");
        var (arms, size) = (instance.Arms, instance.Actions.Size);
        var samples = new List<Sample>(options.PretrainingSamples);
        var fixedActions = Corners(size).Select(corner => corner.Select(bit => (float)bit).ToArray()).ToArray();
        var corners = Corners(arms).ToArray();
        while (samples.Count < options.PretrainingSamples)
        {
            int[] states;
            float[] action;
            if (stream.NextBoolean(0.2)) { states = corners[stream.NextInt32(corners.Length)]; }
            else { states = [.. Enumerable.Range(0, arms).Select(_ => stream.NextInt32(RestlessBanditInstance.States))]; }
            // Half of the random states have B random arms at the top, each with the action that pulls just these.
            var steered = Enumerable.Range(0, arms).OrderBy(_ => stream.NextUInt32()).Take(Math.Max(1, arms / 3)).ToArray();
            var steer = stream.NextBoolean();
            if (steer) { foreach (var arm in steered) { states = [.. states]; states[arm] = RestlessBanditInstance.Top; } }
            switch (stream.NextInt32(4))
            {
                case 0 when steer && size == arms:
                    action = new float[size];
                    foreach (var arm in steered) { action[arm] = 1; }
                    break;
                case 1:
                    action = fixedActions[stream.NextInt32(fixedActions.Length)];
                    break;
                case 2:
                    action = [.. Enumerable.Range(0, size).Select(_ => stream.NextBoolean() ? 1f : 0f)];
                    break;
                default:
                    action = new float[size];
                    instance.Actions.SampleFeasible(stream, action);
                    break;
            }
            samples.Add(new Sample(states, action, (float)-instance.ExpectedReward(states, action)));
        }
        return samples;
    }

    /// <summary>All zeros, all ones, each unit vector and its complement.</summary>
    private static IEnumerable<int[]> Corners(int size)
    {
        yield return new int[size];
        yield return [.. Enumerable.Repeat(1, size)];
        for (var i = 0; i < size; i++)
        {
            yield return [.. Enumerable.Range(0, size).Select(j => j == i ? 1 : 0)];
            yield return [.. Enumerable.Range(0, size).Select(j => j == i ? 0 : 1)];
        }
    }

    private void Pretrain(List<Sample> samples)
    {
        var (stream, network) = (random.Child("pretraining"), online["q"]);
        var adam = NewAdam();
        var order = Enumerable.Range(0, samples.Count).ToArray();
        var inputs = new float[PretrainingBatch * network.Inputs];
        var (outputs, gradients) = (new float[PretrainingBatch], new float[PretrainingBatch]);
        var learningRate = options.LearningRate;
        for (var epoch = 0; epoch < options.PretrainingEpochs; epoch++, learningRate *= 0.9)
        {
            stream.Shuffle(order.AsSpan());
            for (var start = 0; start + PretrainingBatch <= order.Length; start += PretrainingBatch)
            {
                for (var row = 0; row < PretrainingBatch; row++) { WriteInput(inputs, row, samples[order[start + row]].Action, samples[order[start + row]].States); }
                online.Parameters.ClearGradients();
                network.ForwardTraining(inputs, PretrainingBatch, outputs);
                for (var row = 0; row < PretrainingBatch; row++) { gradients[row] = 2 * (outputs[row] - samples[order[start + row]].Cost) / PretrainingBatch; }
                network.Backward(gradients, PretrainingBatch, default);
                adam.Step(learningRate);
            }
        }
    }

    private void Learn(List<Sample> samples, Action<int, double>? report)
    {
        if (options.Episodes == 0) { return; }
        var (stream, states, action) = (random.Child("episodes"), new int[instance.Arms], new float[instance.Actions.Size]);
        for (var i = 0; i < Math.Min(Seeded, samples.Count); i++)
        {
            var (from, to) = (samples[i], samples[i].States.ToArray());
            instance.Step(to, from.Action, stream);
            Store(from.States, from.Action, from.Cost, to);
        }
        var adam = NewAdam();
        var learningRate = options.LearningRate;
        for (var episode = 0; episode < options.Episodes; episode++)
        {
            RestlessBanditInstance.Start(states, 0.5, stream);
            var total = 0.0;
            for (var t = 0; t < options.Horizon; t++)
            {
                if (stream.NextBoolean(options.Exploration(actions++))) { instance.Actions.SampleFeasible(stream, action); }
                else
                {
                    acting.Changed();
                    acting.Choose(states, action);
                }
                var reward = instance.ExpectedReward(states, action);
                total += reward;
                var before = states.ToArray();
                instance.Step(states, action, stream);
                Store(before, action, (float)-reward, states);
                Update(adam, learningRate, stream);
            }
            if (options.DecayLearningRate) { learningRate *= 0.9; }
            report?.Invoke(episode, total / options.Horizon);
        }
    }

    private void Store(ReadOnlySpan<int> states, ReadOnlySpan<float> action, float cost, ReadOnlySpan<int> next)
    {
        Span<float> from = stackalloc float[states.Length], to = stackalloc float[states.Length];
        for (var j = 0; j < states.Length; j++) { (from[j], to[j]) = (states[j], next[j]); }
        sampler.Added(replay.Add(from, action, cost, to, terminated: false));
    }

    private void Update(Adam adam, double learningRate, RandomStream stream)
    {
        var (batch, arms, size, network) = (options.BatchSize, instance.Arms, instance.Actions.Size, online["q"]);
        var (rows, weights) = (new int[batch], new float[batch]);
        sampler.Sample(replay.Count, stream, rows, weights);
        var (inputs, nextInputs, next) = (new float[batch * network.Inputs], new float[batch * network.Inputs], new int[arms]);
        var chosen = new float[size];
        for (var i = 0; i < batch; i++)
        {
            var input = inputs.AsSpan(i * network.Inputs, network.Inputs);
            replay.Actions.AsSpan(rows[i] * size, size).CopyTo(input);
            replay.Observations.AsSpan(rows[i] * arms, arms).CopyTo(input[size..]);
            for (var j = 0; j < arms; j++) { next[j] = (int)replay.NextObservations[rows[i] * arms + j]; }
            bootstrapping.Choose(next, chosen);
            WriteInput(nextInputs, i, chosen, next);
        }
        var (outputs, nextOutputs, gradients, errors) = (new float[batch], new float[batch], new float[batch], new float[batch]);
        target["q"].Forward(nextInputs, batch, nextOutputs);
        online.Parameters.ClearGradients();
        network.ForwardTraining(inputs, batch, outputs);
        for (var i = 0; i < batch; i++)
        {
            // y = cost + gamma q_target(a', s')
            errors[i] = outputs[i] - (replay.Rewards[rows[i]] + (float)options.Gamma * nextOutputs[i]);
            // d SmoothL1 = clamp(error, -1, 1)
            gradients[i] = weights[i] * Math.Clamp(errors[i], -1, 1) / batch;
        }
        network.Backward(gradients, batch, default);
        foreach (ref var gradient in online.Parameters.Gradients.AsSpan()) { gradient = Math.Clamp(gradient, -LargestGradient, LargestGradient); }
        adam.Step(learningRate);
        sampler.Update(rows, errors);
        updates++;
        if (options.TargetEvery == 0 || updates % options.TargetEvery != 0) { return; }
        target.Parameters.CopyFrom(online.Parameters);
        bootstrapping.Changed();
    }

    private void WriteInput(float[] inputs, int row, ReadOnlySpan<float> action, ReadOnlySpan<int> states)
    {
        var input = inputs.AsSpan(row * online["q"].Inputs, online["q"].Inputs);
        action.CopyTo(input);
        for (var j = 0; j < states.Length; j++) { input[action.Length + j] = states[j]; }
    }

    private Adam NewAdam() => new(online.Parameters, new AdamOptions { LearningRate = options.LearningRate, Epsilon = 1.5e-4, WeightDecay = 0.01 });

    /// <summary>A network's best action by the option's oracle, remembered until the network changes.</summary>
    private sealed class ChoiceOf : IActionChoice, IDisposable
    {
        private readonly MilpOracle? milp;
        private readonly RememberedChoice remembered;
        private bool changed;

        public ChoiceOf(INetwork network, RestlessBanditInstance instance, SequoiaOptions options, RandomStream fallback)
        {
            var costs = new NetworkCosts(network, instance.Actions.Size);
            IActionChoice inner = options.Oracle switch
            {
                SequoiaOracle.Enumeration => new EnumerationOracle(network, instance.Actions),
                SequoiaOracle.Iterative => new IterativeChoice(instance, (action, states) => -costs.Of(action, states)),
                _ => milp = new MilpOracle(network, instance.Actions, new ProgramOptions { Gap = options.Gap, TimeLimit = options.TimeLimit }, fallback,
                    options.RelaxedTrainingConstraints ? Relaxed(instance.Actions) : null, options.BigM),
            };
            remembered = new RememberedChoice(inner);
        }

        public OracleCounts Counts => milp?.Counts ?? new OracleCounts();

        public long Remembered => remembered.Remembered;

        /// <summary>The network has other weights now.</summary>
        public void Changed() => changed = true;

        public void Choose(ReadOnlySpan<int> states, Span<float> action)
        {
            if (changed)
            {
                remembered.Clear();
                milp?.Update();
                changed = false;
            }
            remembered.Choose(states, action);
        }

        public void Dispose() => milp?.Dispose();

        private static LinearModel Relaxed(ICombinatorialActionSpace space)
        {
            if (space is not PathActions path) { throw new UsageException("Relaxed training constraints leave out a walk; this instance has none."); }
            var model = new LinearModel(space.Size);
            model.Add(Enumerable.Range(0, space.Size).Select(j => (j, 1.0)), upper: path.Budget);
            return model;
        }
    }
}
