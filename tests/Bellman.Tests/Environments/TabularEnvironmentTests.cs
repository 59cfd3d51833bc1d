using Bellman.Environments;
using Xunit;

namespace Bellman.Tests.Environments;

public class TabularEnvironmentTests
{
    [Fact]
    public void Frozen_lake_slips_to_either_side_with_a_third_each()
    {
        var lake = new FrozenLake();
        Expect(lake.Outcomes(0, 0), (0, 0, false), (0, 0, false), (4, 0, false));
        // Left of the goal, moving right: down stays, right is the goal, up leads to 10.
        Expect(lake.Outcomes(14, 2), (14, 0, false), (15, 1, true), (10, 0, false));
        Assert.Equal([new(1, 5, 0, true)], lake.Outcomes(5, 2).ToArray());

        static void Expect(ReadOnlySpan<TabularOutcome> ways, params (int, double, bool)[] expected)
        {
            Assert.Equal(expected, ways.ToArray().Select(way => (way.Next, way.Reward, way.Terminated)).ToArray());
            foreach (var way in ways) { Play.Near(1.0 / 3, way.Probability, 1e-12); }
        }
    }

    [Fact]
    public void Frozen_lake_that_does_not_slip_goes_where_it_is_told()
    {
        var lake = new FrozenLake(new() { Slippery = false });
        lake.Reset();
        foreach (var (action, cell) in ((int, int)[])[(2, 1), (2, 2), (1, 6), (1, 10), (1, 14)]) { Assert.Equal(cell, lake.Take(action).Observation[0]); }
        Assert.Equal(new StepResult(1, Terminated: true), lake.Take(2).Result);
        Assert.Equal(new StepResult(0, Terminated: true), lake.InState(1).Take(1).Result);
    }

    [Fact]
    public void Frozen_lake_success_rate_shares_the_rest_between_the_sides()
    {
        var lake = new FrozenLake(new() { SuccessRate = .8 });
        Play.Near([.1, .8, .1], lake.Outcomes(0, 1).ToArray().Select(way => way.Probability));
        Assert.Equal(64, new FrozenLake(new FrozenLake8x8Options()).StateCount);
    }

    [Fact]
    public void Best_play_on_the_slippery_lake_reaches_the_goal_four_times_in_five()
    {
        // Undiscounted optimum without a time limit: 14/17 = .8235; with 100 steps Gymnasium states .74.
        Play.Near(14.0 / 17, OptimalValue(new FrozenLake(), 1), 1e-6);
    }

    [Fact]
    public void Cliff_costs_a_hundred_and_leads_back_to_the_start_without_ending()
    {
        var cliff = new CliffWalking();
        Assert.Equal(36, cliff.Reset()[0]);
        Assert.Equal([new(1, 36, -100, false)], cliff.Outcomes(36, 1).ToArray());
        Assert.Equal([new(1, 36, -100, false)], cliff.Outcomes(25, 2).ToArray());
        Assert.Equal([new(1, 24, -1, false)], cliff.Outcomes(36, 0).ToArray());
        Assert.Equal([new(1, 36, -1, false)], cliff.Outcomes(36, 3).ToArray());
        Assert.Equal([new(1, 47, -1, true)], cliff.Outcomes(35, 2).ToArray());
        Play.Near(-13, OptimalValue(cliff, 1), 1e-9);
        Assert.Equal(3, new CliffWalking(new() { Slippery = true }).Outcomes(36, 1).Length);
    }

    [Fact]
    public void Taxi_drives_around_walls_and_pays_by_the_book()
    {
        static int State(int row, int column, int passenger, int destination) => ((row * 5 + column) * 5 + passenger) * 4 + destination;
        var taxi = new Taxi();
        void Expect(int state, int action, int next, double reward, bool terminated = false) =>
            Assert.Equal([new(1, next, reward, terminated)], taxi.Outcomes(state, action).ToArray());

        var start = State(0, 1, 0, 3);
        Expect(start, 0, State(1, 1, 0, 3), -1);
        Expect(start, 1, start, -1);
        Expect(start, 2, start, -1); // A wall right of column 1.
        Expect(start, 3, State(0, 0, 0, 3), -1);
        Expect(start, 4, start, -10);
        Expect(start, 5, start, -10);
        Expect(State(0, 0, 0, 3), 4, State(0, 0, 4, 3), -1);
        Expect(State(0, 0, 4, 3), 5, State(0, 0, 0, 3), -1); // Set down at a stand that is not the destination.
        Expect(State(2, 2, 4, 3), 5, State(2, 2, 4, 3), -10);
        Expect(State(4, 3, 4, 3), 5, State(4, 3, 3, 3), 20, terminated: true);
    }

    [Fact]
    public void Taxi_starts_at_any_of_300_states_and_masks_what_changes_nothing()
    {
        var taxi = new Taxi();
        Assert.Equal(300, taxi.InitialDistribution.ToArray().Count(probability => probability > 0));
        var available = new bool[6];
        taxi.InState(19).WriteActionMask(available); // Top left, passenger on board, destination elsewhere.
        Assert.Equal([true, false, true, false, false, true], available);
    }

    [Theory]
    [InlineData(false, false, 1.0)]
    [InlineData(true, false, 1.5)]
    [InlineData(false, true, 1.0)]
    [InlineData(true, true, 1.0)]
    public void Blackjack_natural_pays_by_the_rules(bool natural, bool sab, double reward) =>
        Assert.Equal(new StepResult(reward, Terminated: true), Table(natural, sab, [1, 10], [10, 8]).Take(0).Result);

    [Fact]
    public void Blackjack_natural_beats_a_slow_21_only_by_the_book()
    {
        // The dealer holds 5 + 6 + 10 = 21.
        Assert.Equal(1, Table(false, true, [1, 10], [5, 6, 10]).Take(0).Result.Reward);
        Assert.Equal(0, Table(true, false, [1, 10], [5, 6, 10]).Take(0).Result.Reward);
        Assert.Equal(0, Table(false, true, [1, 10], [10, 1]).Take(0).Result.Reward);
    }

    [Fact]
    public void Blackjack_counts_aces_and_busts()
    {
        var (observation, result) = Table(false, true, [1, 6], [10, 9]).Take(0);
        Assert.Equal([17, 10, 1], observation);
        Assert.Equal(new StepResult(-1, Terminated: true), result);
        Assert.Equal([17, 3, 0], Table(false, true, [1, 6, 10], [3, 10]).Take(0).Observation);
        Assert.Equal(new StepResult(-1, Terminated: true), Table(false, true, [10, 10, 1], [10, 9]).Take(1).Result);
        Assert.Equal(0, Table(false, true, [10, 9], [10, 9]).Take(0).Result.Reward);
    }

    [Fact]
    public void Blackjack_dealer_draws_to_17()
    {
        var random = RandomStream.Create(5);
        for (var hand = 0; hand < 200; hand++)
        {
            var table = Table(false, true, [10, 9], [2, 2]);
            var result = table.Take(random, 0).Result;
            Assert.True(result.Terminated);
            Assert.Contains(result.Reward, (double[])[-1, 0, 1]);
        }
        Assert.Contains("2 to 22 cards", Assert.Throws<UsageException>(() => Table(false, true, [10], [2, 2])).Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => Table(false, true, [10, 11], [2, 2]));
    }

    [Fact]
    public void Deep_sea_pays_the_treasure_less_the_moves_for_going_right_in_every_row()
    {
        var sea = new DeepSea(new() { Size = 5 });
        sea.Reset();
        var total = 0.0;
        for (var row = 0; row < 5; row++)
        {
            var (observation, result) = sea.Take(sea.RightAction(row, row));
            total += result.Reward;
            Assert.Equal(row == 4, result.Terminated);
            Assert.Equal(row == 4 ? 0 : 1, observation.Sum());
            if (row < 4) { Assert.Equal(1, observation[(row + 1) * 5 + row + 1]); }
        }
        Play.Near(.99, total, 1e-12);
        Play.Near(.99, sea.OptimalReturn, 1e-12);
        Play.Near(.99, OptimalValue(sea, 1), 1e-12);
    }

    [Fact]
    public void Deep_sea_pays_nothing_for_a_single_step_left()
    {
        var sea = new DeepSea(new() { Size = 4, RandomizeActions = false });
        sea.Reset();
        Play.Near([0, -.0025, -.0025, -.0025], new[] { 0, 1, 1, 1 }.Select(action => sea.Take(action).Result.Reward));
    }

    [Fact]
    public void Deep_sea_mapping_depends_on_its_seed_alone()
    {
        bool Same(int a, int b)
        {
            var (first, second) = (new DeepSea(new() { MappingSeed = a }), new DeepSea(new() { MappingSeed = b }));
            return Enumerable.Range(0, 100).All(cell => first.RightAction(cell / 10, cell % 10) == second.RightAction(cell / 10, cell % 10));
        }

        Assert.True(Same(3, 3));
        Assert.False(Same(3, 4));
    }

    [Fact]
    public void Stochastic_deep_sea_is_worth_what_bsuite_states()
    {
        var sea = new DeepSea(new() { Size = 6, Stochastic = true });
        Play.Near(Math.Pow(5 / 6.0, 5) - .01, sea.OptimalReturn, 1e-12);
        // Planning may do slightly better than always right: it need not pay for moves once the treasure is out of reach.
        Assert.InRange(OptimalValue(sea, 1), sea.OptimalReturn, sea.OptimalReturn + .01);
    }

    [Fact]
    public void Gridworld_of_Russell_and_Norvig_has_the_book_value_at_its_start() =>
        // The book pays the step's -.04 also where the last move begins.
        Play.Near(.705 + .04, OptimalValue(new GridWorld(), 1), 1e-3);

    [Fact]
    public void Gridworld_walls_hold_and_goals_and_pits_end()
    {
        var world = new GridWorld(new() { Map = "S#/GP", Slip = 0, StepReward = -1, GoalReward = 5, PitReward = -7 });
        Assert.Equal([new(1, 0, -1, false)], world.Outcomes(0, 1).ToArray());
        Assert.Equal([new(1, 2, 5, true)], world.Outcomes(0, 2).ToArray());
        Assert.Equal([new(1, 2, -7, true)], new GridWorld(new() { Map = "SG/P#", Slip = 0, PitReward = -7 }).Outcomes(0, 2).ToArray());
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("SF/F", "differ in length")]
    [InlineData("SX", "'X'")]
    [InlineData("FG", "no S")]
    public void A_malformed_map_is_refused_with_the_reason(string map, string reason)
    {
        var error = Assert.Throws<UsageException>(() => new FrozenLake(new() { Map = map }));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains("separated by '/'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FrozenLake-v1")]
    [InlineData("FrozenLake8x8-v1?slippery=false")]
    [InlineData("CliffWalking-v1?slippery=true")]
    [InlineData("Taxi-v3")]
    [InlineData("GridWorld-v0")]
    [InlineData("DeepSea-v0?stochastic=true&size=6")]
    public void A_model_agrees_with_experience(string id)
    {
        var environment = StandardEnvironments.Registry().Make(id);
        var model = environment.Find<ITabularModel>();
        Assert.NotNull(model);
        Play.Near(1, model.InitialDistribution.ToArray().Sum(), 1e-9);
        var random = RandomStream.Create(9);
        var observation = environment.Reset(random);
        var noisy = id.Contains("stochastic", StringComparison.Ordinal);
        for (var step = 0; step < 500; step++)
        {
            var (state, action) = (model.StateOf(observation), random.NextInt32(model.ActionCount));
            var result = environment.Step([action], random, observation);
            var next = model.StateOf(observation);
            Assert.Contains(model.Outcomes(state, action).ToArray(), way => way.Next == next && way.Terminated == result.Terminated
                && (noisy || Math.Abs(way.Reward - result.Reward) < 1e-12));
            if (result.Done) { environment.Reset(random, observation); }
        }
    }

    [Fact]
    public void Bandit_arms_pay_their_means()
    {
        var random = RandomStream.Create(11);
        foreach (var bandit in (KArmedBandit[])[new GaussianBandit(new() { Means = [-.5, 2] }), new BernoulliBandit(new() { Means = [.2, .9] })])
        {
            bandit.Reset(random);
            for (var arm = 0; arm < 2; arm++)
            {
                var mean = Enumerable.Range(0, 20_000).Average(_ => bandit.Take(random, arm).Result.Reward);
                Play.Near(bandit.Means[arm], mean, .04);
            }
        }
    }

    [Fact]
    public void Bandit_means_are_the_same_in_every_copy_until_redrawn()
    {
        Assert.Equal(new GaussianBandit().Means.ToArray(), new GaussianBandit().Means.ToArray());
        Assert.NotEqual(new GaussianBandit().Means.ToArray(), new GaussianBandit(new() { TaskSeed = 1 }).Means.ToArray());
        var bandit = new BernoulliBandit(new() { Redraw = true });
        var before = bandit.Means.ToArray();
        bandit.Reset();
        Assert.NotEqual(before, bandit.Means.ToArray());
        Assert.Contains("probability", Assert.Throws<UsageException>(() => new BernoulliBandit(new() { Means = [.5, 1.5] })).Message, StringComparison.Ordinal);
    }

    private static Blackjack Table(bool natural, bool sab, int[] player, int[] dealer)
    {
        var table = new Blackjack(new() { Natural = natural, Sab = sab });
        table.Reset();
        var state = MemoryState.Save(table);
        state.SetList("player", player);
        state.SetList("dealer", dealer);
        state.Load(table);
        return table;
    }

    /// <summary>Value of the initial distribution under the best policy, by value iteration.</summary>
    private static double OptimalValue(ITabularModel model, double discount)
    {
        var values = new double[model.StateCount];
        for (var sweep = 0; sweep < 5000; sweep++)
        {
            var change = 0.0;
            for (var state = 0; state < values.Length; state++)
            {
                var best = double.NegativeInfinity;
                for (var action = 0; action < model.ActionCount; action++)
                {
                    var value = 0.0;
                    foreach (var way in model.Outcomes(state, action)) { value += way.Probability * (way.Reward + (way.Terminated ? 0 : discount * values[way.Next])); }
                    best = Math.Max(best, value);
                }
                change = Math.Max(change, Math.Abs(best - values[state]));
                values[state] = best;
            }
            if (change < 1e-12) { break; }
        }
        var total = 0.0;
        for (var state = 0; state < values.Length; state++) { total += model.InitialDistribution[state] * values[state]; }
        return total;
    }
}
