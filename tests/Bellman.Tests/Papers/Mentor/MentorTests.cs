using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Neural;
using Bellman.Papers.Mentor;
using Bellman.Runs;
using Bellman.Tests.Algorithms;
using Xunit;

namespace Bellman.Tests.Papers.Mentor;

/// <summary>The specification's unit checks (those of the mixture and the probe are with the networks), and what is refused.</summary>
public sealed class MentorTests
{
    private static readonly EnvironmentRegistry Environments = StandardEnvironments.Registry();

    private static readonly MentorOptions Tiny = new()
    {
        Filters = 4,
        Strides = [2, 2],
        Features = 8,
        Hidden = [16, 16],
        Experts = 4,
        ActiveExperts = 2,
        ExpertWidth = 6,
        GateWidth = 6,
        BatchSize = 8,
        LearningStarts = 60,
        BufferSize = 400,
        Shift = 1,
        LearningRate = 1e-3,
        PerturbEvery = 15,
        Snapshots = 3,
    };

    private static NetworkGroup Group(ulong seed) => NetworkGroup.Create(RandomStream.Create(seed), new NetworkOptions { Engine = Engine.Simd }, new MlpPart("net", new MlpSpecification(3, [4], 2) { LayerNorm = true }));

    [Fact]
    public void Reproduction_has_a_plan_for_every_size_and_says_what_the_full_one_lacks() => EnvironmentOfChoice.IsAskedFor(new MentorReproduction(), "DotReach-v0");

    [Fact]
    public void Schedules_follow_the_share_of_dormant_neurons()
    {
        var options = new MentorOptions { AlphaMaximum = 0.9 };
        Assert.Equal(0.215153, DormantSchedules.Noise(0.1, options), 1e-6);
        Assert.Equal(0.595984, DormantSchedules.Exploitation(0.1, options), 1e-6);
        Assert.Equal(0.8, DormantSchedules.Kept(0.1, options), 1e-12);
        Assert.Equal(0.799732, DormantSchedules.Noise(1, options), 1e-6);
        Assert.Equal(0.2, DormantSchedules.Kept(1, options), 1e-12);
        Assert.Equal(0.9, DormantSchedules.Kept(0, options), 1e-12);
    }

    [Fact]
    public void A_weight_moves_part_of_the_way() => Assert.Equal(1.4f, Perturbations.Mixed(2, -1, 0.8), 1e-6f);

    [Fact]
    public void Stored_weights_have_a_mean_and_an_unbiased_deviation()
    {
        var (mean, deviation) = TaskOrientedPerturbation.Moments([1, 2, 3]);
        Assert.Equal(2, mean, 1e-12);
        Assert.Equal(1, deviation, 1e-12);
        Assert.True(double.IsNaN(TaskOrientedPerturbation.Moments([1]).Deviation));
    }

    [Theory, InlineData(-2, 3.6, -3.6), InlineData(1, 0.1, 0.2)]
    public void An_expectile_weighs_both_signs_differently(double error, double loss, double derivative)
    {
        var (own, slope) = DormantSchedules.Expectile(error, 0.9);
        Assert.Equal(loss, own, 1e-12);
        Assert.Equal(derivative, slope, 1e-12);
    }

    [Fact]
    public void Three_rewards_are_one_discounted_sum()
    {
        var sink = new Collected();
        var window = new MultiStepReturns(3, 0.99, 1, 1, 1, sink);
        foreach (var reward in new[] { 1f, 0.5f, 0.25f }) { window.Add(new Transition(0, [0], [0], reward, [0], false, false)); }
        Assert.Equal(1.740025, Assert.Single(sink.Rewards), 1e-6);
        Assert.Equal(0.970299, Math.Pow(0.99, 3), 1e-12);
    }

    [Fact]
    public void Set_keeps_the_best_episodes()
    {
        using var group = Group(1);
        var set = new SnapshotSet(2, ("net", group));
        foreach (var score in new double[] { 5, 3, 4, 1 }) { set.Offer(score); }
        Assert.Equal([4, 5], set.Scores.Order());
        Assert.False(set.Wants(4));
        Assert.False(set.Wants(double.NaN));
    }

    [Fact]
    public void Snapshot_is_a_copy_of_the_weights_of_then()
    {
        using var group = Group(1);
        var set = new SnapshotSet(2, ("net", group));
        var before = (float[])group.Parameters.Values.Clone();
        set.Offer(1);
        Array.Fill(group.Parameters.Values, 7);
        set.Offer(2);
        Assert.Equal(before, set.Weights("net")[0]);
        Assert.All(set.Weights("net")[1], weight => Assert.Equal(7, weight));
        Assert.Contains("module", Assert.Throws<UsageException>(() => set.Weights("other")).Message, StringComparison.Ordinal);
    }

    /// <summary>With equal copies φ is their value to seven digits: the result is exact, norms stay.</summary>
    [Fact]
    public void Perturbation_moves_dense_weights_towards_the_set_and_leaves_norms()
    {
        using var group = Group(1);
        var set = new SnapshotSet(2, ("net", group));
        Array.Fill(group.Parameters.Values, -1);
        set.Offer(1);
        set.Offer(2);
        Array.Fill(group.Parameters.Values, 2);
        Assert.True(new TaskOrientedPerturbation(set).Apply("net", group, 0.8, RandomStream.Create(1)));
        foreach (var parameter in group.Parameters.Parameters)
        {
            var expected = parameter.Name.Contains(".norm.", StringComparison.Ordinal) ? 2 : 1.4f;
            Assert.All(group.Parameters[parameter.Name].ToArray(), value => Assert.Equal(expected, value, 1e-5f));
        }
    }

    [Fact]
    public void Draws_have_the_sets_deviation()
    {
        using var group = NetworkGroup.Create(RandomStream.Create(1), new NetworkOptions { Engine = Engine.Simd }, new MlpPart("net", new MlpSpecification(40, [], 50)));
        var set = new SnapshotSet(3, ("net", group));
        foreach (var value in new float[] { 1, 2, 3 })
        {
            Array.Fill(group.Parameters.Values, value);
            set.Offer(value);
        }
        Assert.True(new TaskOrientedPerturbation(set).Apply("net", group, 0, RandomStream.Create(1)));
        var (mean, deviation) = TaskOrientedPerturbation.Moments(group.Parameters.Values);
        Assert.Equal(2, mean, 0.1);
        Assert.Equal(1, deviation, 0.1);
    }

    [Fact]
    public void Fresh_weights_are_initial_ones_and_new_each_time()
    {
        using var group = Group(1);
        var random = RandomStream.Create(4);
        var perturbation = new RandomPerturbation();
        var (first, second) = (perturbation.Draw("net", group, random), perturbation.Draw("net", group, random));
        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.NotEqual(first, second);
        // Orthogonal rows of gain sqrt 2, biases zero, norms one.
        var weight = group.Parameters.Find("net.0.weight");
        var bias = group.Parameters.Find("net.0.bias");
        Assert.All(first[bias.Offset..(bias.Offset + bias.Size)], value => Assert.Equal(0, value));
        Assert.Equal(2 * 3, first[weight.Offset..(weight.Offset + weight.Size)].Sum(value => value * value), 1e-4f);
    }

    [Fact]
    public void Fewer_than_two_snapshots_move_nothing()
    {
        using var group = Group(1);
        var set = new SnapshotSet(2, ("net", group));
        var before = (float[])group.Parameters.Values.Clone();
        Assert.False(new TaskOrientedPerturbation(set).Apply("net", group, 0.5, RandomStream.Create(1)));
        set.Offer(1);
        Assert.False(new TaskOrientedPerturbation(set).Apply("net", group, 0.5, RandomStream.Create(1)));
        Assert.Equal(before, group.Parameters.Values);
    }

    [Theory, InlineData(PerturbationKind.TaskOriented, true), InlineData(PerturbationKind.Random, false), InlineData(PerturbationKind.None, true)]
    public void Agent_learns_from_pixels_and_perturbs_when_due(PerturbationKind kind, bool mixture)
    {
        using var log = new MetricLog();
        using var agent = new MentorAgent(Environments.MakeVector("DotReach-v0?side=12&frames=2", 1), Tiny with { Perturbation = kind, Mixture = mixture, DoublePass = mixture }, 3);
        while (agent.Steps < 160) { agent.Advance(log); }
        // 50 updates, every 15th begins with a perturbation; at the first of them only one episode has ended.
        Assert.Equal(kind switch { PerturbationKind.None => 0, PerturbationKind.Random => 3, _ => 2 }, agent.Learner.Perturbations);
        Assert.Equal(3, agent.Learner.Snapshots.Count);
        Assert.InRange(agent.Learner.Dormant, 0, 0.999);
        Assert.All(agent.Learner.Networks.Actor.Parameters.Values, weight => Assert.True(float.IsFinite(weight)));
    }

    /// <summary>Optimisers begin anew, and convolutions keep their weights.</summary>
    [Fact]
    public void Perturbation_clears_optimisers_and_leaves_the_encoder()
    {
        using var log = new MetricLog();
        using var agent = new MentorAgent(Environments.MakeVector("DotReach-v0?side=12&frames=2", 1), Tiny with { PerturbEvery = 40, Perturbation = PerturbationKind.Random, LearningRate = 1e-9, AlphaMaximum = 0.5 }, 3);
        while (!agent.Learner.PerturbsNext) { agent.Advance(log); }
        var networks = agent.Learner.Networks;
        Assert.Equal(39, networks.ActorOptimizer.Steps);
        var (actor, encoder, target) = ((float[])networks.Actor.Parameters.Values.Clone(), (float[])networks.Encoder.Parameters.Values.Clone(), (float[])networks.Critics.Targets.Parameters.Values.Clone());
        while (agent.Learner.Perturbations == 0) { agent.Advance(log); }
        Assert.Equal(1, networks.ActorOptimizer.Steps);
        Assert.Equal(1, networks.Critics.Optimizer.Steps);
        Assert.Equal(1, networks.EncoderOptimizer.Steps);
        Assert.Equal(encoder, networks.Encoder.Parameters.Values, (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.True(actor.Zip(networks.Actor.Parameters.Values).Sum(pair => Math.Abs(pair.First - pair.Second)) > 1);
        Assert.True(target.Zip(networks.Critics.Targets.Parameters.Values).Sum(pair => Math.Abs(pair.First - pair.Second)) > 1);
    }

    /// <summary>Fails when the value, a snapshot, a stream, β or a counter is left out of Exchange.</summary>
    [Fact]
    public void A_restored_agent_goes_on_to_the_same_bytes() =>
        ResumedAgent.GoesOnToTheSameBytes(seed => new MentorAgent(Environments.MakeVector("DotReach-v0?side=12&frames=2", 1), Tiny, seed), steps: 160, otherSteps: 70, advances: 60);

    [Fact]
    public void Luck_can_be_measured_again()
    {
        var asked = 0;
        using var log = new MetricLog();
        using var agent = new MentorAgent(Environments.MakeVector("DotReach-v0?side=12&frames=2", 1), Tiny, 3, _ => ++asked);
        while (agent.Steps < 150) { agent.Advance(log); }
        Assert.Equal(3, asked);
        Assert.Equal([1, 2, 3], agent.Learner.Snapshots.Scores.Order());
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        MentorAgent Create(MentorOptions options) => new(Environments.MakeVector("DotReach-v0?side=12", 1), options, 1);
        string Refused(MentorOptions options) => Assert.Throws<UsageException>(() => Create(options)).Message;
        Assert.Contains("activeExperts 5 is more than the 4 experts", Refused(Tiny with { ActiveExperts = 5 }), StringComparison.Ordinal);
        Assert.Contains("activeExperts", Refused(Tiny with { ActiveExperts = 0 }), StringComparison.Ordinal);
        Assert.Contains("snapshots", Refused(Tiny with { Snapshots = 1 }), StringComparison.Ordinal);
        Assert.Contains("alphaMaximum", Refused(Tiny with { AlphaMaximum = 1.5 }), StringComparison.Ordinal);
        Assert.Contains("alphaMinimum", Refused(Tiny with { AlphaMinimum = -0.1 }), StringComparison.Ordinal);
        Assert.Contains("alphaMinimum 0.8 is above alphaMaximum 0.7", Refused(Tiny with { AlphaMinimum = 0.8, AlphaMaximum = 0.7 }), StringComparison.Ordinal);
        Assert.Contains("at least 2", Assert.Throws<UsageException>(() => new SnapshotSet(1)).Message, StringComparison.Ordinal);
        Assert.Contains("reads pictures", Assert.Throws<UsageException>(() => new MentorAgent(Environments.MakeVector("Pendulum-v1", 1), Tiny, 1)).Message, StringComparison.Ordinal);
        using var group = Group(1);
        Assert.Contains("from 0 to 1", Assert.Throws<UsageException>(() => new RandomPerturbation().Apply("net", group, 1.1, RandomStream.Create(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_are_not_numbers_do_not_enter_the_set()
    {
        using var group = Group(1);
        var set = new SnapshotSet(2, ("net", group));
        set.Offer(1);
        group.Parameters.Values[3] = float.NaN;
        Assert.Contains("net is not finite", Assert.Throws<BellmanException>(() => set.Offer(5)).Message, StringComparison.Ordinal);
        Assert.Equal([1], set.Scores);
    }

    private sealed class Collected : ITransitionSink
    {
        public List<double> Rewards { get; } = [];

        public void Add(in Transition transition) => Rewards.Add(transition.Reward);

        public void Exchange(StateExchange state) { }
    }
}
