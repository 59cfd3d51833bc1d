using Bellman.Environments;
using Bellman.Experiments;
using Bellman.Papers;
using Bellman.Papers.EffectiveHorizon;
using Xunit;

namespace Bellman.Tests.Papers.EffectiveHorizon;

/// <summary>The learner: what it stores, what its heads learn, what it refuses.</summary>
public sealed class SqirlTests
{
    [Fact]
    public void Returns_are_discounted_sums_to_the_end() => Assert.Equal([0.81, 0.9, 1.0], Sqirl.ReturnsToGo([0, 0, 1], 0.9).Select(value => Math.Round(value, 12)));

    [Theory]
    [InlineData(1, 0.6)]
    [InlineData(2, 1.0)]
    public void Depth_decides_the_two_state_example(int depth, double expected)
    {
        var (process, horizon) = (new DeterministicMdp(2, [1, -1, -1, -1], [0, 0.6, 1, 0]), 2);
        // Without discount and stickiness: Q1(s0) = (0.5, 0.6), Q2(s0) = (1, 0.6).
        foreach (var form in new[] { SqirlForm.PooledTable, SqirlForm.TimeIndexedTables, SqirlForm.Network })
        {
            using var learned = Train(() => new DeterministicMdpEnvironment(process),
                new SqirlOptions { Horizon = horizon, Depth = depth, Episodes = 2000, Gamma = 1, Form = form, LearningRate = 3e-3, Hidden = [16] }, 1);
            Assert.Equal(expected, Play(learned, process, horizon));
        }
    }

    [Fact]
    public void Network_variants_learn_the_two_state_example_too()
    {
        var process = new DeterministicMdp(2, [1, -1, -1, -1], [0, 0.6, 1, 0]);
        var plain = new SqirlOptions { Horizon = 2, Depth = 2, Episodes = 400, Gamma = 1, Form = SqirlForm.Network, Epochs = 40, Hidden = [16] };
        foreach (var options in new[]
        {
            plain with { SeparateNetworks = true }, plain with { Atoms = 11 }, plain with { Huber = true }, plain with { AnnealLearningRate = true },
            plain with { WeightAveraging = 0.9 }, plain with { ScaleLosses = false }, plain with { ReplayPriorityFactor = 0.5 }, plain with { KeepReplay = false },
            plain with { SeparateNetworks = true, Atoms = 11 },
        })
        {
            using var learned = Train(() => new DeterministicMdpEnvironment(process), options, 1);
            Assert.Equal(1, Play(learned, process, 2));
        }
    }

    [Fact]
    public void Only_steps_from_the_iterations_own_on_are_stored()
    {
        // Three steps, always: iteration i (from 0) explores in the last 3 - i of them.
        var process = new DeterministicMdp(2, [1, 1, 2, 2, -1, -1], [0, 1, 0, 1, 0, 1]);
        var options = new SqirlOptions { Horizon = 3, Episodes = 50, BufferSize = 10_000 };
        Assert.Equal([150, 100, 50], Rows(options));
        Assert.Equal([150, 150, 150], Rows(options with { StoreAll = true }));

        List<long> Rows(SqirlOptions chosen)
        {
            var rows = new List<long>();
            using var learned = Train(() => new DeterministicMdpEnvironment(process), chosen, 1, replay => rows.Add(replay.End - replay.NewestIteration));
            return rows;
        }
    }

    [Fact]
    public void Unseen_actions_do_not_beat_seen_negative_ones()
    {
        // Going on costs; the other action of state 0 leads to the same place for more.
        var table = new PooledTable(new Discrete(2), 2, new SqirlOptions { Horizon = 2 });
        var replay = new SqirlReplay(10, 1);
        replay.BeginIteration(0);
        replay.Add([0], [1], new(0, 1, -1, true, -1));
        table.Learn(replay, 0, 1);
        var chosen = new int[1];
        table.Freeze().Act([0], 1, chosen);
        Assert.Equal(1, chosen[0]);
    }

    [Fact]
    public void A_second_head_reads_the_first_and_a_state_never_seen_counts_zero()
    {
        var options = new SqirlOptions { Horizon = 3, Depth = 2, Gamma = 0.5 };
        var table = new PooledTable(new Discrete(3), 2, options);
        var replay = new SqirlReplay(10, 1);
        replay.BeginIteration(0);
        // Q1(0,0) = 0.1 from the return, but Q2(0,0) = 0 + 0.5 max(Q1(1,.)) = 0.5; Q2(0,1) = 0.3 + nothing beyond the unseen state 2.
        replay.Add([0], [1], new(0, 0, 0, false, 0.1));
        replay.Add([1], [2], new(1, 0, 1, true, 1));
        replay.Add([1], [2], new(1, 1, 0, true, 0));
        replay.Add([0], [2], new(0, 1, 0.3, false, 0.3));
        table.Learn(replay, 0, 4);
        var chosen = new int[1];
        table.Freeze().Act([0], 1, chosen);
        Assert.Equal(0, chosen[0]);
        var shallow = new PooledTable(new Discrete(3), 2, options with { Depth = 1 });
        shallow.Learn(replay, 0, 4);
        shallow.Freeze().Act([0], 1, chosen);
        Assert.Equal(1, chosen[0]);
    }

    [Fact]
    public void The_replay_forgets_the_oldest_and_draws_recent_iterations_more_often()
    {
        var replay = new SqirlReplay(100, 1);
        replay.BeginIteration(0);
        for (var i = 0; i < 80; i++) { replay.Add([i], [i], new(0, 0, i, true, i)); }
        replay.BeginIteration(1, 0.1);
        for (var i = 80; i < 130; i++) { replay.Add([i], [i], new(0, 0, i, true, i)); }
        Assert.Equal((30, 130, 100, 80), (replay.First, replay.End, replay.Count, replay.NewestIteration));
        Assert.Equal([129f], replay.Observation(129).ToArray());
        var random = RandomStream.Create(3);
        var old = Enumerable.Range(0, 10_000).Count(_ => replay.Draw(random) < 80);
        // 50 old rows at weight 0.1 against 50 new ones: 1 in 11.
        Assert.Equal(10_000 / 11.0, old, 120.0);
    }

    [Fact]
    public void Sticky_actions_repeat_the_executed_one_never_the_first()
    {
        var environment = new StickyActions(new DeterministicMdpEnvironment(new DeterministicMdp(3, [0, 0, 0], [0, 1, 2])), 0.25, showPrevious: true);
        var (random, observation, repeated) = (RandomStream.Create(9), new float[2], 0);
        environment.Reset(random, observation);
        Assert.Equal(3, observation[1]);
        var executed = environment.Step([2], random, observation).Reward;
        Assert.Equal(2, executed);
        for (var i = 0; i < 20_000; i++)
        {
            var chosen = ((int)executed + 1) % 3;
            var now = environment.Step([chosen], random, observation).Reward;
            Assert.True(now == chosen || now == executed);
            if (now == executed) { repeated++; }
            Assert.Equal(now, observation[1]);
            executed = now;
        }
        Assert.Equal(0.25, repeated / 20_000.0, 0.01);
    }

    [Fact]
    public void Gorp_solves_a_deterministic_grid_and_breaks_ties_by_the_first_sequence()
    {
        var grid = StickySuite.Find("grid5");
        var (plan, steps) = Gorp.Plan(new TimeLimit(new DeterministicMdpEnvironment(grid.Process), grid.Horizon), new GorpOptions { Horizon = grid.Horizon, Depth = 1, Episodes = 200 }, RandomStream.Create(1));
        Assert.Equal(1, new StickyModel(grid.Process, grid.Horizon, 0).ReturnOf((time, _) => plan[time]));
        Assert.True(steps > 0);
        var nothing = new DeterministicMdp(2, [0, 0], [0, 0]);
        Assert.Equal([0, 0, 0], Gorp.Plan(new DeterministicMdpEnvironment(nothing), new GorpOptions { Horizon = 3, Depth = 2 }, RandomStream.Create(1)).Plan);
    }

    [Fact]
    public void Depth_2_learns_the_open_grid_with_ten_episodes_and_one_seed_repeats_to_the_bit()
    {
        var grid = StickySuite.Find("grid5");
        double Run(ulong seed)
        {
            using var learned = Train(() => grid.Create(0.25), new SqirlOptions { Horizon = grid.Horizon, Depth = 2, Episodes = 30 }, seed);
            var model = new StickyModel(grid.Process, grid.Horizon, 0.25);
            var chosen = new int[1];
            return model.ReturnOf((time, state) =>
            {
                learned.Policies[time].Act([model.States[state].Cell, model.States[state].Previous], 1, chosen);
                return chosen[0];
            });
        }
        // Random play returns 0.11; acting with head 0 at these episodes stays near 0.9 and below.
        Assert.All(new ulong[] { 1, 2, 3 }, seed => Assert.True(Run(seed) > 0.95));
        Assert.Equal(Run(1), Run(1));
    }

    [Fact]
    public void A_task_without_rewards_warns_that_the_choice_is_arbitrary()
    {
        var nothing = new DeterministicMdp(2, [0, 0], [0, 0]);
        using var learned = Train(() => new DeterministicMdpEnvironment(nothing), new SqirlOptions { Horizon = 3, Episodes = 5 }, 1);
        Assert.Contains("3 of 3 iterations", learned.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_stops_at_its_budget_and_when_no_episode_gets_far_enough()
    {
        var once = new DeterministicMdp(1, [-1], [1]);
        using var learned = Train(() => new DeterministicMdpEnvironment(once), new SqirlOptions { Horizon = 50, Episodes = 5 }, 1);
        // One iteration with data, ten without.
        Assert.Equal((11, 50), (learned.Iterations, learned.Policies.Count));
        var endless = new DeterministicMdp(2, [0, 0], [0, 1]);
        using var budgeted = Train(() => new DeterministicMdpEnvironment(endless), new SqirlOptions { Horizon = 10, Episodes = 5, StepBudget = 120 }, 1);
        Assert.Equal((3, 150L, 10), (budgeted.Iterations, budgeted.Steps, budgeted.Policies.Count));
        using var exploring = Train(() => new DeterministicMdpEnvironment(endless), new SqirlOptions { Horizon = 10, Episodes = 5, StepBudget = 200, ExplorationFraction = 0.5 }, 1);
        // 50 steps an iteration: nothing is frozen before 100.
        Assert.Equal(4, exploring.Iterations);
        Assert.Same(exploring.Policies[3], exploring.Policies[9]);
        Assert.NotSame(exploring.Policies[1], exploring.Policies[2]);
    }

    [Theory]
    [InlineData(0, 5, 0.9, "'depth' of SQIRL cannot be '0'")]
    [InlineData(6, 5, 0.9, "beyond the horizon of 5 steps")]
    [InlineData(1, 0, 0.9, "'horizon' of SQIRL cannot be '0'")]
    [InlineData(1, 5, 0.0, "'gamma' of SQIRL cannot be '0'")]
    [InlineData(1, 5, 1.5, "'gamma' of SQIRL cannot be '1.5'")]
    [InlineData(1, 5, double.NaN, "'gamma' of SQIRL cannot be 'NaN'")]
    public void Options_out_of_range_are_refused_by_name(int depth, int horizon, double gamma, string expected)
    {
        var error = Assert.Throws<UsageException>(() => Train(() => StickySuite.Find("grid5").Create(0.25), new SqirlOptions { Depth = depth, Horizon = horizon, Gamma = gamma }, 1));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Environments_it_cannot_play_are_refused()
    {
        var registry = StandardEnvironments.Registry();
        Assert.Contains("Discrete actions", Assert.Throws<UsageException>(() => Train(() => registry.Make("Pendulum-v1"), new SqirlOptions(), 1)).Message, StringComparison.Ordinal);
        Assert.Contains("finitely many", Assert.Throws<UsageException>(() => Train(() => registry.Make("CartPole-v1"), new SqirlOptions { Horizon = 20 }, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("Discrete actions", Assert.Throws<UsageException>(() => Gorp.Plan(registry.Make("Pendulum-v1"), new GorpOptions(), RandomStream.Create(1))).Message, StringComparison.Ordinal);
        Assert.Contains("finitely many actions", Assert.Throws<UsageException>(() => new StickyActions(registry.Make("Pendulum-v1"), 0.25)).Message, StringComparison.Ordinal);
        Assert.Contains("from 0 to 1", Assert.Throws<UsageException>(() => new StickyActions(registry.Make("CartPole-v1"), -0.1)).Message, StringComparison.Ordinal);
        Assert.Contains("Discrete observation only", Assert.Throws<UsageException>(() => new StickyActions(registry.Make("CartPole-v1"), 0.1, showPrevious: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_reproduction_is_consistent_at_every_size_and_full_says_what_it_lacks()
    {
        var reproduction = PaperCatalog.Find("sqirl").CreateReproduction();
        Assert.NotEmpty(new ReproductionPlan(reproduction, ReproductionSize.Smoke).Cells);
        Assert.NotEmpty(new ReproductionPlan(reproduction, ReproductionSize.Default).Cells);
        if (Environment.GetEnvironmentVariable(EffectiveHorizonReproduction.TablesVariable) is null)
        {
            Assert.Contains(EffectiveHorizonReproduction.TablesVariable, Assert.Throws<UsageException>(() => new ReproductionPlan(reproduction, ReproductionSize.Full)).Message, StringComparison.Ordinal);
        }
    }

    private static double Play(SqirlResult learned, DeterministicMdp process, int horizon)
    {
        var environment = new DeterministicMdpEnvironment(process);
        var (observation, chosen, total) = (new float[1], new int[1], 0.0);
        environment.Reset(RandomStream.Create(0), observation);
        for (var time = 0; time < horizon; time++)
        {
            learned.Policies[time].Act(observation, 1, chosen);
            var result = environment.Step([chosen[0]], RandomStream.Create(0), observation);
            total += result.Reward;
            if (result.Done) { break; }
        }
        return total;
    }

    private static SqirlResult Train(Func<IEnvironment> create, SqirlOptions options, ulong seed, Action<SqirlReplay>? onLearned = null) =>
        Sqirl.Train(create, options, RandomStream.Create(seed), onLearned, TestContext.Current.CancellationToken);
}
