using Bellman.Data;
using Bellman.Environments;
using Bellman.Papers.EffectiveHorizon;
using Bellman.Tests.Language.Data;
using Xunit;

namespace Bellman.Tests.Papers.EffectiveHorizon;

/// <summary>Exact values against those of the specification and of the published analysis.</summary>
public sealed class EffectiveHorizonAnalysisTests
{
    /// <summary>s0: action 0 leads to s1, action 1 pays 0.6 and ends; s1: action 0 pays 1 and ends, action 1 ends.</summary>
    private static readonly DeterministicMdp TwoStates = new(2, [1, -1, -1, -1], [0, 0.6, 1, 0]);

    [Fact]
    public void Without_stickiness_the_two_state_example_needs_depth_2()
    {
        var model = new StickyModel(TwoStates, 2, 0);
        var report = EffectiveHorizonAnalysis.Analyse(model);
        Assert.Equal(0.55, report.Random, 12);
        Assert.Equal([0.6, 1], report.GreedyReturns.Take(2));
        Assert.Equal((2, 2), (report.MinimumDepth, report.PlanningWindow));
        Assert.Equal(1, report.Optimal);
        Assert.Equal(0, report.Worst);
        Assert.Equal([0.5, 0.6], model.Backup([0, 0.5]).Take(2));
    }

    [Fact]
    public void With_stickiness_depth_1_is_enough_because_the_repeated_action_is_the_good_one()
    {
        var report = EffectiveHorizonAnalysis.Analyse(new StickyModel(TwoStates, 2, 0.25));
        // Q(s0) = (0.625, 0.6)
        Assert.Equal(0.6125, report.Random, 12);
        Assert.Equal(1, report.GreedyReturns[0]);
        Assert.Equal(1, report.MinimumDepth);
        // Depth 1 sees a gap of 0.025 at s0, depth 2 one of 1 - 0.6: H = min(1 + log2(1 / 0.025^2), 2 + log2(1 / 0.4^2)).
        Assert.Equal(0.025, report.Gaps[0], 12);
        Assert.Equal(0.4, report.Gaps[1], 12);
        Assert.Equal(2 + Math.Log2(1 / 0.16), report.EffectiveHorizon, 9);
    }

    [Theory]
    [InlineData("grid5", 1, 0.113384, "1 1 1", "1", 8)]
    [InlineData("grid7", 1, 0.046063, "1 1 1", "1", 12)]
    [InlineData("grid9", 1, 0.019825, "1 1 1", "1", 16)]
    [InlineData("grid5trap", 1, 0.191948, "0.2 1 1", "2", 8)]
    [InlineData("grid7trap", 1, 0.197733, "0.3 0.3 0.3", "-", 12)]
    [InlineData("rooms7", 0.999477, 0.001223, "0.999443 0.999477 0.999466", "2", 16)]
    [InlineData("chain5", 1, 0.272268, "1 1 1", "1", 5)]
    [InlineData("chain8", 1, 0.074506, "1 1 1", "1", 8)]
    [InlineData("chain6s", 1.796875, 0.501403, "1.6 1.566647 1.5", "-", 9)]
    [InlineData("chain4s", 2.625, 1.255517, "2.233228 2 2", "6", 6)]
    [InlineData("deep6", 0.99, 0.042684, "0.99 0.99 0.99", "1", 6)]
    [InlineData("deep8", 0.99, 0.013626, "0.99 0.99 0.99", "1", 8)]
    [InlineData("deep10", 0.99, 0.002276, "0.99 0.99 0.99", "1", 10)]
    public void Every_process_of_the_suite_has_its_exact_values(string name, double optimal, double random, string greedy, string depth, int window)
    {
        var process = StickySuite.Find(name);
        var report = EffectiveHorizonAnalysis.Analyse(new StickyModel(process.Process, process.Horizon, 0.25), new EffectiveHorizonOptions { TieTolerance = 1e-9 });
        Assert.Equal(optimal, report.Optimal, 1e-6);
        Assert.Equal(random, report.Random, 1e-6);
        var expected = greedy.Split(' ').Select(value => double.Parse(value)).ToList();
        for (var k = 0; k < 3; k++) { Assert.Equal(expected[k], report.GreedyReturns[k], 1e-6); }
        Assert.Equal(depth, report.MinimumDepth?.ToString() ?? "-");
        Assert.Equal(window, report.PlanningWindow);
        Assert.Equal(report.MinimumDepth is null, double.IsInfinity(report.EffectiveHorizon));
    }

    [Fact]
    public void The_trap_has_75_reachable_states()
    {
        var process = StickySuite.Find("grid5trap");
        var report = EffectiveHorizonAnalysis.Analyse(new StickyModel(process.Process, process.Horizon, 0.25));
        Assert.Equal(75, report.StateCount);
        Assert.Equal(0.99999999, report.Optimal, 1e-8);
        Assert.Equal(0.19194812, report.Random, 1e-8);
    }

    /// <summary>Down pays 0.2135 and the trap 0.2 at depth 2; a discount of 0.99 makes 0.1924 of the former. What is earned is counted in full.</summary>
    [Theory]
    [InlineData(1, 0.2, 1, 1)]
    [InlineData(0.997, 0.2, 1, 1)]
    [InlineData(0.99, 0.2, 0.2, 1)]
    public void A_discount_of_the_values_acted_on_moves_the_depth_that_gets_past_the_trap(double gamma, double first, double second, double third)
    {
        var process = StickySuite.Find("grid5trap");
        var report = EffectiveHorizonAnalysis.Analyse(new StickyModel(process.Process, process.Horizon, 0.25), new EffectiveHorizonOptions { Gamma = gamma, MaximumDepth = 3 });
        Assert.Equal(0.19194812, report.Random, 1e-8);
        Assert.Equal(0.99999999, report.Optimal, 1e-8);
        foreach (var (expected, measured) in new[] { first, second, third }.Zip(report.GreedyReturns)) { Assert.Equal(expected, measured, 1e-4); }
    }

    [Fact]
    public void The_published_table_gives_the_published_numbers()
    {
        var report = EffectiveHorizonAnalysis.Analyse(new StickyModel(DeterministicMdp.ReadNpz(SharedData.Require("effective-horizon/KeyCorridorS3R1.npz")), 100, 0.25));
        Assert.Equal(1, report.Optimal, 1e-12);
        Assert.Equal(0.0010068890119441542, report.Random, 1e-16);
        Assert.Equal((1, 16, 967), (report.MinimumDepth, report.PlanningWindow, report.StateCount));
        Assert.All(report.GreedyReturns, value => Assert.Equal(1, value, 1e-12));
    }

    [Fact]
    public void The_exact_return_is_the_mean_of_played_ones()
    {
        var process = StickySuite.Find("chain6s");
        var model = new StickyModel(process.Process, process.Horizon, 0.25);
        int Policy(int time, int state) => (time + model.States[state].Cell) % 3 == 0 ? 0 : 1;
        var environment = process.Create(0.25);
        var (random, observation, total) = (RandomStream.Create(5), new float[2], 0.0);
        const int Episodes = 20_000;
        for (var episode = 0; episode < Episodes; episode++)
        {
            environment.Reset(random, observation);
            for (var time = 0; ; time++)
            {
                var state = model.States.ToList().IndexOf(((int)observation[0], (int)observation[1]));
                var result = environment.Step([Policy(time, state)], random, observation);
                total += result.Reward;
                if (result.Done) { break; }
            }
        }
        Assert.Equal(model.ReturnOf(Policy), total / Episodes, 0.03);
    }

    [Fact]
    public void Malformed_processes_are_refused()
    {
        static string Refusal(Func<object?> act) => Assert.Throws<UsageException>(act).Message;
        Assert.Contains("State 0, action 1 leads to state 2; there are 2 states", Refusal(() => new DeterministicMdp(2, [0, 2, 0, 0], [0, 0, 0, 0])), StringComparison.Ordinal);
        Assert.Contains("4 transitions and 3 rewards", Refusal(() => new DeterministicMdp(2, [0, 1, 0, 0], [0, 0, 0])), StringComparison.Ordinal);
        Assert.Contains("pays NaN", Refusal(() => new DeterministicMdp(2, [0, 1, 0, 0], [0, double.NaN, 0, 0])), StringComparison.Ordinal);
        Assert.Contains("does not hold 3 actions", Refusal(() => new DeterministicMdp(3, [0, 1, 0, 0], [0, 0, 0, 0])), StringComparison.Ordinal);
        Assert.Contains("horizon is 0", Refusal(() => new StickyModel(TwoStates, 0, 0)), StringComparison.Ordinal);
        Assert.Contains("stickiness is 1.5", Refusal(() => new StickyModel(TwoStates, 2, 1.5)), StringComparison.Ordinal);
        Assert.Contains("no file", Refusal(() => DeterministicMdp.ReadNpz("missing.npz")), StringComparison.Ordinal);
        Assert.Contains("Unknown process 'grid6'", Refusal(() => StickySuite.Find("grid6")), StringComparison.Ordinal);
    }

    [Fact]
    public void Arrays_of_both_orders_are_read_and_damaged_ones_refused()
    {
        static byte[] File(string kind, bool columnsFirst, string shape, byte[] data)
        {
            var header = $"{{'descr': '{kind}', 'fortran_order': {(columnsFirst ? "True" : "False")}, 'shape': {shape}, }}\n";
            return [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. System.Text.Encoding.ASCII.GetBytes(header), .. data];
        }
        Assert.Equal([1, 2, 3, 4, 5, 6], NumpyArchive.Parse(File("|u1", false, "(2, 3)", [1, 2, 3, 4, 5, 6]), "x").Values);
        var columns = NumpyArchive.Parse(File("|u1", true, "(2, 3)", [1, 4, 2, 5, 3, 6]), "x");
        Assert.Equal([2, 3], columns.Shape);
        Assert.Equal([1, 2, 3, 4, 5, 6], columns.Values);
        Assert.Equal([-1], NumpyArchive.Parse(File("<i8", false, "(1,)", [255, 255, 255, 255, 255, 255, 255, 255]), "x").Values);
        Assert.Contains("cut short: 6 numbers are announced, 5 are there", Assert.Throws<UsageException>(() => NumpyArchive.Parse(File("|u1", false, "(2, 3)", [1, 2, 3, 4, 5]), "x")).Message, StringComparison.Ordinal);
        Assert.Contains("type '<c8'", Assert.Throws<UsageException>(() => NumpyArchive.Parse(File("<c8", false, "(1,)", new byte[8]), "x")).Message, StringComparison.Ordinal);
        Assert.Contains("not in NumPy's format", Assert.Throws<UsageException>(() => NumpyArchive.Parse(new byte[20], "x")).Message, StringComparison.Ordinal);
    }
}
