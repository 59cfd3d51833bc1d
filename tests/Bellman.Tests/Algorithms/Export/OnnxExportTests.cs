using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Neural;
using Xunit;

namespace Bellman.Tests.Algorithms.Export;

/// <summary>An exported policy run by ONNX Runtime does what the agent does. Weights, moments and observations are random and large.</summary>
public sealed class OnnxExportTests
{
    private const int Rows = 40;

    [Theory]
    [InlineData("discrete")]
    [InlineData("multi-discrete")]
    [InlineData("multi-binary")]
    [InlineData("continuous")]
    [InlineData("half-bounded")]
    public void Policy_of_ppo_acts_alike(string kind)
    {
        Space actions = kind switch
        {
            "discrete" => new Discrete(5),
            "multi-discrete" => new MultiDiscrete(3, 2, 4),
            "multi-binary" => new MultiBinary(3),
            "continuous" => new Box([-2, 0, 5], [2, 1, 25]),
            _ => new Box([-1, float.NegativeInfinity], [float.PositiveInfinity, 0.5f]),
        };
        using var agent = new Ppo(Copies(new Box(-100, 100, 6), actions), new PpoOptions { NormalizeObservations = true, RolloutSteps = 8, Minibatches = 1 }, 1, 100);
        CompareActions(agent, masked: false);
    }

    [Fact]
    public void Discrete_observations_are_flattened_inside_the_model()
    {
        var observations = new Composite(("room", new Discrete(4)), ("position", new Box(-5, 5, 2)), ("keys", new MultiBinary(3)), ("cards", new MultiDiscrete(2, 3)));
        using var agent = new Ppo(Copies(observations, new Discrete(4)), new PpoOptions { NormalizeObservations = true, RolloutSteps = 8, Minibatches = 1 }, 1, 100);
        CompareActions(agent, masked: false);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Masked_actions_are_never_taken(bool multi)
    {
        Space actions = multi ? new MultiDiscrete(3, 4) : new Discrete(6);
        using var agent = new Ppo(Copies(new Box(-1, 1, 3), actions), new PpoOptions { RolloutSteps = 8, Minibatches = 1 }, 1, 100);
        CompareActions(agent, masked: true);
    }

    [Fact]
    public void Trunk_that_policy_and_value_share_is_exported_with_the_policy()
    {
        using var agent = new A2c(Copies(new Box(-1, 1, 3), new Discrete(4)), new A2cOptions { SharedTrunk = true }, 1, 100);
        CompareActions(agent, masked: false);
    }

    [Theory]
    [InlineData("dqn")]
    [InlineData("c51")]
    [InlineData("qr-dqn")]
    [InlineData("rainbow")]
    [InlineData("dqn", "duelling=true", "noisy=true")]
    public void Values_of_a_value_learner_are_an_output(string algorithm, params string[] set)
    {
        using var agent = Make(algorithm, "CartPole-v1", [.. set, "normalizeObservations=true", "hidden=24,16"]);
        Randomised(agent);
        var observations = Draw(agent.ObservationSpace);
        using var model = new OnnxModel(OnnxExport.ToBytes(agent));
        var outputs = model.Run(observations, Rows);
        AssertClose(Act(agent, observations, null), outputs["action"]);
        Assert.Equal(Rows * 2, outputs["values"].Length);
        for (var i = 0; i < Rows; i++) { Assert.Equal(outputs["values"][2 * i + 1] > outputs["values"][2 * i] ? 1 : 0, outputs["action"][i]); }
    }

    [Theory]
    [InlineData("sac", "Pendulum-v1")]
    [InlineData("td3", "Pendulum-v1")]
    [InlineData("ddpg", "MountainCarContinuous-v0")]
    [InlineData("discrete-sac", "CartPole-v1")]
    [InlineData("reinforce", "CartPole-v1")]
    [InlineData("ppo", "Pendulum-v1", "distribution=tanhGaussian")]
    public void Actors_of_other_learners_are_exported(string algorithm, string environment, params string[] set)
    {
        // Narrow: what 256 large products add up to in another order differs by more than is allowed.
        using var agent = Make(algorithm, environment, [.. set, "hidden=24,16"]);
        CompareActions(agent, masked: false);
    }

    [Theory]
    [InlineData("recurrent-ppo", "recurrent")]
    [InlineData("bootstrapped-dqn", "bootstrapped-dqn")]
    [InlineData("q-learning", "q-learning")]
    public void What_has_no_plain_network_is_refused_by_name(string algorithm, string expected)
    {
        using var agent = Make(algorithm, algorithm == "q-learning" ? "FrozenLake-v1" : "CartPole-v1", []);
        Assert.Contains(expected, Assert.Throws<UsageException>(() => OnnxExport.ToBytes(agent)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cma-es")]
    [InlineData("openai-es")]
    public void Searched_policies_are_exported(string algorithm)
    {
        var registration = AlgorithmRegistry.Find(algorithm);
        using var agent = registration.Create(new AgentRequest(StandardEnvironments.Registry(), "Pendulum-v1", registration.Options.Create<AlgorithmOptions>([]), 1, 100));
        CompareActions(agent, masked: false);
    }

    [Theory]
    [InlineData(Activation.Silu, true)]
    [InlineData(Activation.Relu, true)]
    [InlineData(Activation.Tanh, false)]
    public void Every_activation_and_layer_norm_are_exported(Activation activation, bool norm)
    {
        var mlp = new MlpSpecification(4, [16, 8], 3) { Activation = activation, LayerNorm = norm };
        using var group = NetworkGroup.Create(RandomStream.Create(1), new NetworkOptions(), new MlpPart("net", mlp));
        var policy = new PolicyDescription(new ObservationEncoder(new Box(-9, 9, 4), false), [group["net"]], new Discrete(3), new ChoiceReadout([3]));
        Randomise(policy);
        var observations = Draw(policy.Encoder.Space);
        using var model = new OnnxModel(OnnxExport.ToBytes(policy));
        AssertClose(Forward(policy, observations), model.Run(observations, Rows)["logits"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Return_distributions_are_exported_as_their_means(bool atoms)
    {
        const int actions = 3, count = 5;
        float[] support = [-2, -1, 0, 1, 2];
        using var group = NetworkGroup.Create(RandomStream.Create(1), new NetworkOptions(), new MlpPart("net", new MlpSpecification(4, [16], actions * count)));
        var policy = new PolicyDescription(new ObservationEncoder(new Box(-1, 1, 4), false), [group["net"]], new Discrete(actions), new DistributionReadout(actions, count, atoms ? support : null));
        Randomise(policy);
        var observations = Draw(policy.Encoder.Space);
        var outputs = Forward(policy, observations);
        var expected = new float[Rows * actions];
        for (var i = 0; i < expected.Length; i++)
        {
            var row = outputs[(i * count)..((i + 1) * count)];
            var weights = atoms ? row.Select(value => Math.Exp(value - row.Max())).ToArray() : [.. row.Select(_ => 1.0)];
            expected[i] = (float)(weights.Select((weight, k) => weight * (atoms ? support[k] : row[k])).Sum() / weights.Sum());
        }
        using var model = new OnnxModel(OnnxExport.ToBytes(policy));
        AssertClose(expected, model.Run(observations, Rows)["values"]);
    }

    [Fact]
    public void Squashed_means_ignore_the_deviations_beside_them()
    {
        var box = new Box([-2, 0], [2, 10]);
        using var group = NetworkGroup.Create(RandomStream.Create(1), new NetworkOptions(), new MlpPart("net", new MlpSpecification(3, [8], 4)));
        var policy = new PolicyDescription(new ObservationEncoder(new Box(-1, 1, 3), false), [group["net"]], box, new ContinuousReadout(Squashed: true));
        Randomise(policy);
        var observations = Draw(policy.Encoder.Space);
        var outputs = Forward(policy, observations);
        var expected = Enumerable.Range(0, Rows * 2).Select(i => box.Low[i % 2] + (MathF.Tanh(outputs[i / 2 * 4 + i % 2]) + 1) / 2 * (box.High[i % 2] - box.Low[i % 2])).ToArray();
        using var model = new OnnxModel(OnnxExport.ToBytes(policy));
        AssertClose(expected, model.Run(observations, Rows)["action"]);
    }

    [Fact]
    public void Mask_of_continuous_actions_is_refused()
    {
        using var continuous = new Ppo(Copies(new Box(-1, 1, 2), new Box(-1, 1, 1)), new PpoOptions { RolloutSteps = 8, Minibatches = 1 }, 1, 100);
        Assert.Contains("mask", Assert.Throws<UsageException>(() => OnnxExport.ToBytes(continuous, masked: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_says_what_it_is_of()
    {
        using var folder = new Cli.TemporaryFolder();
        var path = Path.Combine(folder.Path, "deep", "policy.onnx");
        using var agent = new Ppo(StandardEnvironments.Registry().MakeVector("CartPole-v1", 1), new PpoOptions { Minibatches = 1 }, 1, 100);
        OnnxExport.Write(agent, path, environment: "CartPole-v1");
        using var model = new OnnxModel(File.ReadAllBytes(path));
        Assert.Equal("ppo", model.Metadata["algorithm"]);
        Assert.Equal("CartPole-v1", model.Metadata["environment"]);
        Assert.Equal(["observation"], model.Inputs);
    }

    private static IAgent Make(string algorithm, string environment, string[] set)
    {
        var registration = AlgorithmRegistry.Find(algorithm);
        var options = registration.Options.Create<AlgorithmOptions>(set.Select(option => KeyValuePair.Create(option.Split('=')[0], option.Split('=')[1])));
        return registration.Create(new AgentRequest(StandardEnvironments.Registry(), environment, options, 1, 1000));
    }

    private static void CompareActions(IAgent agent, bool masked)
    {
        Randomised(agent);
        var observations = Draw(agent.ObservationSpace);
        var mask = masked ? DrawMask(agent.ActionSpace) : null;
        using var model = new OnnxModel(OnnxExport.ToBytes(agent, masked));
        var actions = model.Run(observations, Rows, mask)["action"];
        AssertClose(Act(agent, observations, mask), actions);
        Assert.True(actions.Distinct().Count() > 1);
    }

    private static PolicyDescription Randomised(IAgent agent)
    {
        var policy = Assert.IsType<IDescribedPolicy>(agent.Policy, exactMatch: false).Describe();
        Randomise(policy);
        return policy;
    }

    private static void Randomise(PolicyDescription policy)
    {
        var random = RandomStream.Create(11);
        foreach (ref var value in policy.Networks[0].Parameters.Values.AsSpan()) { value = (float)random.NextGaussian() * 0.7f; }
        policy.Encoder.Observe(Draw(policy.Encoder.Space), Rows);
    }

    private static float[] Forward(PolicyDescription policy, float[] observations)
    {
        var encoded = new float[Rows * policy.Encoder.Size];
        policy.Encoder.Encode(observations, Rows, encoded);
        foreach (var network in policy.Networks)
        {
            var outputs = new float[Rows * network.Outputs];
            network.Forward(encoded, Rows, outputs);
            encoded = outputs;
        }
        return encoded;
    }

    private static float[] Act(IAgent agent, float[] observations, bool[]? mask)
    {
        var actions = new float[Rows * agent.ActionSpace.Size];
        if (mask is null) { agent.Policy.Act(observations, Rows, actions, null); }
        else { Assert.IsType<IMaskedPolicy>(agent.Policy, exactMatch: false).Act(observations, mask, Rows, actions, null); }
        return actions;
    }

    private static float[] Draw(Space space)
    {
        var random = RandomStream.Create(12);
        var observations = new float[Rows * space.Size];
        for (var i = 0; i < Rows; i++) { space.Sample(random, observations.AsSpan(i * space.Size, space.Size)); }
        return observations;
    }

    private static bool[] DrawMask(Space actions)
    {
        var random = RandomStream.Create(13);
        var mask = Enumerable.Range(0, Rows * actions.FlatSize).Select(_ => random.NextBoolean(0.4)).ToArray();
        var counts = actions is MultiDiscrete multi ? multi.Counts : [actions.FlatSize];
        for (var (i, part) = (0, 0); i < mask.Length; i += counts[part++ % counts.Count]) { mask[i + random.NextInt32(counts[part % counts.Count])] = true; }
        return mask;
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) { Assert.Equal(expected[i], actual[i], 1e-5f * Math.Max(1, Math.Abs(expected[i]))); }
    }

    private static SynchronousVectorEnvironment Copies(Space observations, Space actions) => new(() => new Noise(observations, actions), 2);

    /// <summary>Shows random observations of any space.</summary>
    private sealed class Noise(Space observations, Space actions) : IEnvironment
    {
        public Space ObservationSpace => observations;

        public Space ActionSpace => actions;

        public void Reset(RandomStream random, Span<float> observation) => observations.Sample(random, observation);

        public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
        {
            observations.Sample(random, observation);
            return new StepResult(0);
        }

        public void Exchange(StateExchange state) { }
    }
}
