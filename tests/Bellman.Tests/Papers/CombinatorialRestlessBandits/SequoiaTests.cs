using Bellman.Environments.RestlessBandits;
using Bellman.Experiments;
using Bellman.Neural;
using Bellman.Papers;
using Bellman.Papers.CombinatorialRestlessBandits;
using Xunit;

namespace Bellman.Tests.Papers.CombinatorialRestlessBandits;

/// <summary>Networks as programs, oracles, the learner and the reproduction as data.</summary>
public sealed class SequoiaTests
{
    // W1 = [[1, -2, 0.5], [-1, 1, 1]], b1 = (0, -0.5), w2 = (-1, -2), b2 = 0.25, input (a1, a2, s = 1).
    private static NetworkGroup Known()
    {
        var group = NetworkGroup.Create(RandomStream.Create(1), new NetworkOptions { Engine = Engine.Simd }, new MlpPart("q", new MlpSpecification(3, [2], 1) { Activation = Activation.Relu }));
        new float[] { 1, -2, 0.5f, -1, 1, 1 }.CopyTo(group.Parameters["q.0.weight"]);
        new float[] { 0, -0.5f }.CopyTo(group.Parameters["q.0.bias"]);
        new float[] { -1, -2 }.CopyTo(group.Parameters["q.1.weight"]);
        new float[] { 0.25f }.CopyTo(group.Parameters["q.1.bias"]);
        return group;
    }

    [Fact]
    public void The_known_network_has_its_outputs_and_its_program_their_minimum()
    {
        using var group = Known();
        var outputs = new float[4];
        group["q"].Forward([0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1], 4, outputs);
        Assert.Equal([-1.25f, -1.25f, -2.75f, -0.75f], outputs);
        var action = new float[2];
        using var free = new ReluNetworkMilp(group["q"], new LinearModel(2), new ProgramOptions());
        Assert.Equal(-2.75, free.Solve([1], action).Objective, 6);
        Assert.Equal([0, 1], action);
        var both = new LinearModel(2);
        both.Add([(0, 1), (1, 1)], 2, 2);
        using var bound = new ReluNetworkMilp(group["q"], both, new ProgramOptions());
        Assert.Equal(-0.75, bound.Solve([1], action).Objective, 6);
        Assert.Equal([1, 1], action);
    }

    [Fact]
    public void Interval_bounds_of_the_known_layer()
    {
        using var group = Known();
        var layer = (DenseLayer)((NetworkChain)(((IDescribedNetwork)group["q"]).Describe() ?? throw new InvalidOperationException())).Links[0];
        var (lower, upper) = IntervalBounds.Layer(layer, [0, 0, 1], [1, 1, 1]);
        Assert.Equal([-1.5, -0.5], lower);
        Assert.Equal([1.5, 1.5], upper);
    }

    [Fact]
    public void Exploration_falls_from_nine_tenths()
    {
        var options = new SequoiaOptions { ExplorationDecay = 1000 };
        Assert.Equal(0.9, options.Exploration(0), 12);
        Assert.Equal(0.36269752, options.Exploration(1000), 8);
    }

    [Theory]
    [InlineData("SCIP", RestlessBanditFamily.Capacity)]
    [InlineData("HIGHS", RestlessBanditFamily.Capacity)]
    [InlineData("SCIP", RestlessBanditFamily.Schedule)]
    [InlineData("SCIP", RestlessBanditFamily.Path)]
    public void Programs_find_the_minimum_that_listing_finds_while_weights_and_states_change(string solver, RestlessBanditFamily family)
    {
        var random = RandomStream.Create(8);
        var instance = RestlessBanditFamilies.Draw(family, 6, 2, random);
        using var group = NetworkGroup.Create(random, new NetworkOptions { Engine = Engine.Simd }, new MlpPart("q", new MlpSpecification(12, [6, 5], 1) { Activation = Activation.Relu }));
        using var milp = new ReluNetworkMilp(group["q"], instance.Actions.Constraints(), new ProgramOptions { Solver = solver });
        var listing = new EnumerationOracle(group["q"], instance.Actions);
        var (found, best, value) = (new float[6], new float[6], new float[1]);
        for (var trial = 0; trial < 12; trial++)
        {
            if (trial % 3 == 2)
            {
                foreach (ref var weight in group.Parameters.Values.AsSpan()) { weight += (float)(0.2 * random.NextGaussian()); }
                milp.Update();
            }
            var states = Enumerable.Range(0, 6).Select(_ => random.NextInt32(4)).ToArray();
            var state = states.Select(s => (float)s).ToArray();
            var result = milp.Solve(state, found);
            listing.Choose(states, best);
            group["q"].Forward([.. best, .. state], 1, value);
            Assert.Equal(ProgramStatus.Optimal, result.Status);
            Assert.Equal(value[0], result.Objective, 1e-4 * (1 + Math.Abs(value[0])));
            Assert.True(result.Bound <= result.Objective + 1e-6);
            Assert.True(instance.Actions.IsFeasible(found));
        }
    }

    [Fact]
    public void Without_a_feasible_action_the_oracle_says_so_and_makes_none_up()
    {
        using var group = Known();
        var never = new LinearModel(2);
        never.Add([(0, 1), (1, 1)], 3, 3);
        using var oracle = new MilpOracle(group["q"], new BudgetActions(2, 1), new ProgramOptions(), RandomStream.Create(1), never);
        var action = new float[2];
        Assert.Contains("infeasible", Assert.Throws<BellmanException>(() => oracle.Choose([1], action)).Message);
        Assert.Equal([0, 0], action);
    }

    [Fact]
    public void A_program_cut_short_gives_a_feasible_action_and_counts_it()
    {
        var random = RandomStream.Create(2);
        var instance = RestlessBanditFamilies.Draw(RestlessBanditFamily.Path, 14, 4, random);
        using var group = NetworkGroup.Create(random, new NetworkOptions { Engine = Engine.Simd }, new MlpPart("q", new MlpSpecification(28, [16, 16], 1) { Activation = Activation.Relu }));
        using var oracle = new MilpOracle(group["q"], instance.Actions, new ProgramOptions { TimeLimit = 0.001 }, random);
        var action = new float[14];
        oracle.Choose(new int[14], action);
        Assert.True(instance.Actions.IsFeasible(action));
        Assert.Equal(1, oracle.Counts.TimeOuts + oracle.Counts.RandomActions);
    }

    [Fact]
    public void Memory_answers_until_it_is_cleared()
    {
        var counted = new Counted();
        var remembered = new RememberedChoice(counted);
        var action = new float[1];
        remembered.Choose([1, 2], action);
        remembered.Choose([1, 2], action);
        Assert.Equal((1, 1f, 1L), (counted.Calls, action[0], remembered.Remembered));
        remembered.Choose([2, 1], action);
        Assert.Equal(2, counted.Calls);
        remembered.Clear();
        remembered.Choose([1, 2], action);
        Assert.Equal(3f, action[0]);
    }

    [Theory]
    [InlineData(RestlessBanditFamily.Capacity, 6, 2)]
    [InlineData(RestlessBanditFamily.Schedule, 6, 2)]
    [InlineData(RestlessBanditFamily.Path, 6, 2)]
    [InlineData(RestlessBanditFamily.Interventions, 12, 3)]
    public void The_myopic_program_finds_the_best_listed_action_for_one_step(RestlessBanditFamily family, int arms, int budget)
    {
        var random = RandomStream.Create(12);
        var instance = RestlessBanditFamilies.Draw(family, arms, budget, random);
        using var myopic = new MyopicOracle(instance, new ProgramOptions());
        var action = new float[instance.Actions.Size];
        for (var trial = 0; trial < 10; trial++)
        {
            var states = Enumerable.Range(0, arms).Select(_ => random.NextInt32(4)).ToArray();
            myopic.Choose(states, action);
            Assert.True(instance.Actions.IsFeasible(action));
            var best = instance.Actions.Enumerate().Max(listed => instance.ExpectedReward(states, listed));
            // The published piecewise link is 0 where the true one is 0.01: an arm's reward may be off by as much.
            Assert.Equal(best, instance.ExpectedReward(states, action), family == RestlessBanditFamily.Interventions ? 0.05 * arms : 1e-6);
        }
    }

    [Theory]
    [InlineData(RestlessBanditFamily.Capacity, 6, 2)]
    [InlineData(RestlessBanditFamily.Schedule, 6, 2)]
    [InlineData(RestlessBanditFamily.Interventions, 12, 3)]
    public void Greedy_constructions_are_feasible_and_no_better_than_the_best(RestlessBanditFamily family, int arms, int budget)
    {
        var random = RandomStream.Create(13);
        var instance = RestlessBanditFamilies.Draw(family, arms, budget, random);
        var greedy = new IterativeChoice(instance, (action, states) => instance.ExpectedReward(states, action));
        var chosen = new float[instance.Actions.Size];
        for (var trial = 0; trial < 10; trial++)
        {
            var states = Enumerable.Range(0, arms).Select(_ => random.NextInt32(4)).ToArray();
            greedy.Choose(states, chosen);
            Assert.True(instance.Actions.IsFeasible(chosen));
            Assert.True(instance.ExpectedReward(states, chosen) <= instance.Actions.Enumerate().Max(listed => instance.ExpectedReward(states, listed)) + 1e-9);
        }
        Assert.False(IterativeChoice.Exists(RestlessBanditFamilies.Draw(RestlessBanditFamily.Path, 6, 2, random)));
    }

    // Broken variants measured on this: maximising cost earns less than random actions; a target that is never trained earns the myopic reward.
    [Fact]
    public void Twenty_episodes_earn_more_than_looking_one_step_ahead()
    {
        var instance = RestlessBanditFamilies.Draw(RestlessBanditFamily.Capacity, 6, 2, RandomStream.Create(0, "capacity-6"));
        using var learner = new Sequoia(instance, new SequoiaOptions { Oracle = SequoiaOracle.Enumeration, Episodes = 20 }, RandomStream.Create(5));
        learner.Train();
        using var myopic = new MyopicOracle(instance, new ProgramOptions());
        double Reward(IActionChoice policy) => SequoiaEvaluation.AverageReward(instance, policy, 50, 15, RandomStream.Create(6), TestContext.Current.CancellationToken);
        var (learned, oneStep, optimum) = (Reward(learner.Policy()), Reward(new RememberedChoice(myopic)), ExactPlanner.AverageReward(instance, 15));
        Assert.True(learned > 1.3 * oneStep, $"{learned} against {oneStep}");
        Assert.True(learned < 1.05 * optimum);
    }

    [Fact]
    public void Training_by_programs_gives_the_same_numbers_twice_and_no_time_outs()
    {
        var instance = RestlessBanditFamilies.Draw(RestlessBanditFamily.Capacity, 5, 2, RandomStream.Create(2, "short"));
        float[] Trained()
        {
            using var learner = new Sequoia(instance, new SequoiaOptions { Episodes = 1, Horizon = 6, BatchSize = 4, PretrainingSamples = 200, PretrainingEpochs = 5, Hidden = [4, 4] }, RandomStream.Create(5));
            learner.Train();
            Assert.True(learner.Solves > 0);
            Assert.Equal(0, learner.TimeOuts);
            return [.. learner.Parameters.Values];
        }
        Assert.Equal(Trained(), Trained());
    }

    [Fact]
    public void What_cannot_be_embedded_or_solved_is_refused_in_words()
    {
        NetworkGroup Network(MlpSpecification mlp) => NetworkGroup.Create(RandomStream.Create(1), new NetworkOptions { Engine = Engine.Simd }, new MlpPart("q", mlp));
        string Refused(MlpSpecification mlp)
        {
            using var group = Network(mlp);
            return Assert.Throws<UsageException>(() => new ReluNetworkMilp(group["q"], new LinearModel(2), new ProgramOptions())).Message;
        }
        Assert.Contains("ReLU", Refused(new MlpSpecification(3, [2], 1)));
        Assert.Contains("layer norm", Refused(new MlpSpecification(3, [2], 1) { Activation = Activation.Relu, LayerNorm = true }));
        Assert.Contains("2 outputs", Refused(new MlpSpecification(3, [2], 2) { Activation = Activation.Relu }));
        Assert.Contains("at least one of them hidden", Refused(new MlpSpecification(3, [], 1) { Activation = Activation.Relu }));
        Assert.Contains("fewer than", Refused(new MlpSpecification(1, [2], 1) { Activation = Activation.Relu }));
        Assert.Contains("no solver", Assert.Throws<UsageException>(() => new MixedIntegerProgram(new LinearModel(1), new ProgramOptions { Solver = "CPLEX" })).Message);
        Assert.Contains("time limit", Assert.Throws<UsageException>(() => new MixedIntegerProgram(new LinearModel(1), new ProgramOptions { TimeLimit = 0 })).Message);
        Assert.Contains("gap", Assert.Throws<UsageException>(() => new MixedIntegerProgram(new LinearModel(1), new ProgramOptions { Gap = -1 })).Message);
        var walk = RestlessBanditFamilies.Draw(RestlessBanditFamily.Path, 5, 2, RandomStream.Create(1));
        Assert.Contains("greedy construction", Assert.Throws<UsageException>(() => new Sequoia(walk, new SequoiaOptions { Oracle = SequoiaOracle.Iterative }, RandomStream.Create(1))).Message);
        var capacity = RestlessBanditFamilies.Draw(RestlessBanditFamily.Capacity, 5, 2, RandomStream.Create(1));
        Assert.Contains("leave out a walk", Assert.Throws<UsageException>(() => new Sequoia(capacity, new SequoiaOptions { RelaxedTrainingConstraints = true }, RandomStream.Create(1))).Message);
        Assert.Contains("gamma", Assert.Throws<UsageException>(() => new Sequoia(capacity, new SequoiaOptions { Gamma = 1 }, RandomStream.Create(1))).Message);
    }

    [Fact]
    public void A_policy_that_breaks_the_constraints_is_never_measured()
    {
        var instance = RestlessBanditFamilies.Draw(RestlessBanditFamily.Capacity, 6, 2, RandomStream.Create(1));
        Assert.Contains("infeasible action in episode 0", Assert.Throws<BellmanException>(() => SequoiaEvaluation.AverageReward(instance, new Everything(), 1, 5, RandomStream.Create(1), TestContext.Current.CancellationToken)).Message);
    }

    [Fact]
    public void Every_claim_names_arms_and_metrics_that_are_run()
    {
        var reproduction = PaperCatalog.Find("sequoia").CreateReproduction();
        foreach (var size in Enum.GetValues<ReproductionSize>())
        {
            var arms = reproduction.Arms(size).Select(arm => arm.Name).ToHashSet();
            Assert.All(reproduction.Claims(size).SelectMany(claim => claim.Terms), term =>
            {
                Assert.Contains(term.Arm, arms);
                Assert.Contains(reproduction.Metrics, metric => metric.Name == term.Metric);
            });
        }
    }

    private sealed class Counted : IActionChoice
    {
        public int Calls { get; private set; }

        public void Choose(ReadOnlySpan<int> states, Span<float> action) => action[0] = ++Calls;
    }

    private sealed class Everything : IActionChoice
    {
        public void Choose(ReadOnlySpan<int> states, Span<float> action) => action.Fill(1);
    }
}
