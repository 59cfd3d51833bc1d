using Bellman.Algorithms.Tabular;
using Bellman.Environments.Chemotaxis;
using Bellman.Experiments;
using Bellman.Papers;
using Bellman.Papers.Nanorobots;
using Xunit;

namespace Bellman.Tests.Papers.Nanorobots;

/// <summary>The learner, both modes and the reproduction as data.</summary>
public sealed class NanorobotsLearningTests
{
    [Fact]
    public void Published_far_row_converges_to_the_constant_reward_over_one_minus_gamma()
    {
        var learner = new QLearning(new QTable(2, 2), alpha: 0.5, gamma: 0.9);
        learner.Learn(0, 0, 0.4620650, 0, terminated: false);
        Assert.Equal(0.2310325, learner.Table[0, 0], 7);
        learner.Learn(0, 0, 0.4620650, 0, terminated: false);
        Assert.Equal(0.4505134, learner.Table[0, 0], 7);
        for (var i = 0; i < 1000; i++) { learner.Learn(0, 0, 0.4620650, 0, terminated: false); }
        Assert.Equal(4.620650, learner.Table[0, 0], 6);
    }

    [Fact]
    public void Terminal_target_is_the_reward_alone()
    {
        var table = new QTable(2, 2, initialValue: 7);
        new QLearning(table, alpha: 0.1, gamma: 0.9).Learn(0, 1, 10, 1, terminated: true);
        // A bootstrapped target would give 7 + 0.1 (10 + 6.3 - 7).
        Assert.Equal(7 + 0.1 * 3, table[0, 1], 12);
        Assert.Equal(7, table[0, 0]);
    }

    [Fact]
    public void Ties_go_to_the_lowest_index_so_that_an_empty_table_does_not_hold_still()
    {
        var table = new QTable(1, 4);
        Assert.Equal(0, table.Greedy(0));
        table[0, 2] = table[0, 3] = 1;
        Assert.Equal(2, table.Greedy(0));
        Assert.Equal(1, table.Max(0));
    }

    [Fact]
    public void Epsilon_is_the_share_of_uniform_actions()
    {
        var (table, random, counts) = (new QTable(1, 4), RandomStream.Create(6), new int[4]);
        for (var i = 0; i < 10_000; i++) { counts[table.EpsilonGreedy(0, 0.4, random)]++; }
        // Greedy 0.6 + 0.1, each other 0.1; five standard deviations are 0.023.
        Assert.InRange(counts[0], 6770, 7230);
        for (var action = 1; action < 4; action++) { Assert.InRange(counts[action], 850, 1150); }
    }

    [Fact]
    public void A_table_refuses_what_lies_outside_it()
    {
        var table = new QTable(2, 3);
        Assert.Throws<ArgumentOutOfRangeException>(() => table[2, 0]);
        // State 0 has no fourth action; the flat index would be state 1's first.
        Assert.Throws<ArgumentOutOfRangeException>(() => table[0, 3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => table.Update(-1, 0, 1, 0.1));
    }

    [Fact]
    public void A_table_travels_exactly()
    {
        var table = new QTable(3, 2);
        for (var i = 0; i < 6; i++) { table[i / 2, i % 2] = Math.Sqrt(i) / 3; }
        var copy = new QTable(3, 2);
        JsonState.Load(copy, JsonState.Save(table));
        for (var i = 0; i < 6; i++) { Assert.Equal(table[i / 2, i % 2], copy[i / 2, i % 2]); }
    }

    [Fact]
    public void Ten_training_episodes_suffice_to_find_the_cell()
    {
        // A policy that ignores the table reaches 0.7 here at most (random macro-actions), in more than three times the steps.
        var mode = new NanorobotsCorrected(new NanorobotsOptions { Episodes = 10, EvaluationEpisodes = 20 });
        var training = mode.Train(RandomStream.Create(0, "nanorobots"));
        var runs = mode.Evaluate(mode.PolicyOf(training.Table), RandomStream.Create(0, "nanorobots"));
        Assert.True(runs.Count(run => run.Captured) >= 16);
        Assert.True(runs.Average(run => run.Steps) < 350);
        Assert.Equal((0, 1), (training.Table.Greedy(0), training.Table.Greedy(2)));
    }

    [Fact]
    public void Equal_streams_train_equal_tables_and_a_policy_change_leaves_the_worlds_alone()
    {
        var options = new NanorobotsOptions { Episodes = 2, EvaluationEpisodes = 1, Horizon = 200 };
        var first = new NanorobotsCorrected(options).Train(RandomStream.Create(3));
        var second = new NanorobotsCorrected(options).Train(RandomStream.Create(3));
        for (var entry = 0; entry < 16; entry++) { Assert.Equal(first.Table[entry / 4, entry % 4], second.Table[entry / 4, entry % 4]); }

        var mode = new NanorobotsCorrected(options);
        NanorobotsTrace held = new(keepSteps: true), moved = new(keepSteps: true);
        mode.EvaluateOne((_, _) => (int)MacroAction.Hold, RandomStream.Create(3), 0, held);
        mode.EvaluateOne((_, _) => (int)MacroAction.TowardBiomarker, RandomStream.Create(3), 0, moved);
        Assert.Equal(held.Steps[99].Cell, moved.Steps[99].Cell);
        Assert.NotEqual(held.Steps[99].Robot, moved.Steps[99].Robot);
    }

    [Fact]
    public void Published_table_cannot_prefer_an_action_by_its_reward()
    {
        // The same concentration is paid whichever action is taken: with random actions both columns meet.
        var mode = new NanorobotsPublished(new NanorobotsPublishedOptions { Epsilon = 1 });
        var trace = new NanorobotsTrace(keepSteps: true);
        var (run, table) = mode.Play(RandomStream.Create(1), trace);
        Assert.True(run.Captured);
        Assert.Equal(run.Steps, trace.Steps.Count);
        Assert.Equal(table[0, 0], table[0, 1], 0.5);
        Assert.All(trace.Steps.Where(step => step.Distance > 8), step => Assert.Equal(step.Concentration, step.Reward));
        Assert.All(trace.Steps.Where(step => step.Distance <= 8), step => Assert.Equal(-step.Distance, step.Reward));
    }

    [Fact]
    public void A_run_that_ends_by_the_horizon_is_no_success()
    {
        var (run, _) = new NanorobotsPublished(new NanorobotsPublishedOptions { Horizon = 3 }).Play(RandomStream.Create(1), new NanorobotsTrace());
        Assert.Equal((false, 3), (run.Captured, run.Steps));
        Assert.StartsWith("step,distance,concentration,reward,robotX", new NanorobotsTrace().ToCsv(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 4)]
    public void A_swarm_learns_one_table_or_one_each(bool shared, int tables)
    {
        var swarm = new NanorobotsSwarm(new NanorobotsOptions { Episodes = 6, EvaluationEpisodes = 4, Robots = 4, Cells = 2, SharedQ = shared, Obstacles = 20 });
        Assert.Equal(tables, swarm.Learners.Count);
        swarm.Train(RandomStream.Create(2));
        Assert.All(swarm.Evaluate(RandomStream.Create(2)), run => Assert.Equal(1, run.CellsVisited));
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        Assert.Contains("alpha", Assert.Throws<UsageException>(() => new NanorobotsCorrected(new NanorobotsOptions { Alpha = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("episodes", Assert.Throws<UsageException>(() => new NanorobotsCorrected(new NanorobotsOptions { Episodes = -1 })).Message, StringComparison.Ordinal);
        Assert.Contains("learnDistance", Assert.Throws<UsageException>(
            () => new NanorobotsPublished(new NanorobotsPublishedOptions { StopDistance = 0.5, LearnDistance = 0.4 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_smoke_size_holds_and_leaves_its_table_curves_and_picture()
    {
        var reproduction = PaperCatalog.Find("nanorobots").CreateReproduction();
        var plan = new ReproductionPlan(reproduction, ReproductionSize.Smoke);
        var folder = Directory.CreateTempSubdirectory("nanorobots").FullName;
        try
        {
            var cell = Assert.Single(plan.Cells, cell => cell.Arm.Name == "q-learning");
            var result = reproduction.RunCell(cell, new CellContext(RandomStream.Create(0, "nanorobots"), folder));
            Assert.True(result.Metrics["success"] >= 0.8);
            Assert.Equal(["episode length", "mean reward"], result.Curves.Select(curve => curve.Name));
            Assert.All(result.Curves, curve => Assert.Equal(10, curve.Y.Count));
            Assert.Contains("near, blocked", result.Notes["learned table"], StringComparison.Ordinal);
            Assert.True(new FileInfo(Path.Combine(folder, "heatmap.png")).Length > 10_000);
            Assert.Equal(result.Metrics.Count, reproduction.Metrics.Count);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Every_size_is_a_sound_plan_and_an_unknown_paper_suggests_a_near_one()
    {
        foreach (var paper in PaperCatalog.All)
        {
            var reproduction = paper.CreateReproduction();
            Assert.Equal(paper.Slug, reproduction.Slug);
            foreach (var size in Enum.GetValues<ReproductionSize>())
            {
                if (size != ReproductionSize.Full || reproduction.MissingForFull() is null) { Assert.NotEmpty(new ReproductionPlan(reproduction, size).Cells); }
            }
        }
        Assert.Contains("nanorobots", Assert.Throws<UsageException>(() => PaperCatalog.Find("nanorobot")).Message, StringComparison.Ordinal);
    }
}
