using Bellman.Environments;
using Bellman.Experiments;

namespace Bellman.Papers.EffectiveHorizon;

/// <summary>The paper's reproduction: SQIRL at three depths against its baselines on thirteen sticky processes.</summary>
public sealed class EffectiveHorizonReproduction : Reproduction
{
    /// <summary>Names a folder of transition tables (.npz) for the full size.</summary>
    public const string TablesVariable = "BELLMAN_TRANSITION_TABLES";

    private const int TableHorizon = 100;

    // Between the discounts where exact depth 1 (1) and exact depth 2 (0.994) change sides on the grid with the trap: both then miss or
    // win by 0.007, which 100,000 episodes can tell.
    private const double SeparatingGamma = 0.997;

    // Returns on the grids with a trap are one of two values, so that a median needs many seeds: of 101, one in sixty medians is on the
    // wrong side of what 20,000 say. Those arms are quick. Networks with 30,000 episodes are slow.
    private static readonly IReadOnlyDictionary<string, int> OwnSeeds = new Dictionary<string, int>
    {
        ["grid5-k1"] = 41,
        ["grid5trap-k1"] = 401,
        ["grid5trap-k2"] = 401,
        ["grid5trap-k3"] = 101,
        ["grid7trap-k1"] = 101,
        ["grid7trap-k2"] = 101,
        ["grid7trap-k3"] = 101,
        ["rooms7-k1"] = 41,
        ["rooms7-k2"] = 41,
        ["grid5-theory"] = 401,
        ["grid5trap-k1-undiscounted-thirty"] = 1001,
        ["grid5trap-k2-undiscounted-thirty"] = 1001,
        ["grid5trap-theory-k1-many"] = 9,
        ["grid5trap-theory-k2-many"] = 9,
        ["grid5trap-theory-k2-discounted-many"] = 9,
        ["grid5trap-theory-k3-discounted-many"] = 9,
        ["grid5trap-pooled-k2-undiscounted-many"] = 9,
        ["grid5trap-network-k1-longer"] = 301,
        ["grid5trap-network-k2-longer"] = 301,
        ["grid5trap-network-k1-more"] = 7,
        ["grid5trap-network-k2-more"] = 7,
    };

    /// <inheritdoc/>
    public override string Slug => "sqirl";

    /// <inheritdoc/>
    public override string Title => "The Effective Horizon Explains Deep RL Performance in Stochastic Environments";

    /// <inheritdoc/>
    public override string Summary =>
        "Estimate the values of random play, improve them by a few Bellman steps (k - 1, often none), act greedily: SQIRL does exactly this, one time step after " +
        "another. Where theory says that a depth k suffices it solves the process, where it says otherwise it fails, and the environment steps it needs rank " +
        "processes as Q-learning's and PPO's do. Actions are sticky (0.25); every learned policy is evaluated exactly.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("return", "exact return of the learned policy with the most data, undiscounted") { Primary = true, Plotted = false },
        new("steps", "environment steps until the policy reaches 95% of the optimum: for SQIRL, of the smallest number of episodes that does", "steps", false) { Plotted = false },
        .. EffectiveHorizonCells.EpisodeCounts.Select(count =>
            new MetricDefinition(EffectiveHorizonCells.ReturnMetric(count), $"exact return of SQIRL with {count} episodes an iteration") { Plotted = false }),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) =>
        [.. ArmsOf(size).Select(arm => new Arm(arm.Name, arm.Description, arm.Kind) { Task = arm.Process.Name, Seeds = SeedsOf(arm, size) })];

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size == ReproductionSize.Smoke ? [0] : Arm.FirstSeeds(11);

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke =>
        [
            Claim.AtLeast("chain5: depth 1 is enough", "chain5-k1", "return", 0.95, Statistic.Mean),
            Claim.AtLeast("grid5trap: Q-learning gets past the trap", "grid5trap-q-learning", "return", 0.95, Statistic.Mean),
        ],
        ReproductionSize.Full => [],
        _ => DefaultClaims(),
    };

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context)
    {
        var arm = ArmsOf(cell.Size).First(arm => arm.Name == cell.Arm.Name);
        var stickiness = arm.Method == "gorp-deterministic" ? 0 : EffectiveHorizonCells.Stickiness;
        return arm.Run(new EffectiveHorizonCells(arm.Process, stickiness, cell.Size, context));
    }

    /// <inheritdoc/>
    public override string? MissingForFull() => TableFiles().Count > 0 ? null :
        $"It runs SQIRL on transition tables of the published benchmark: set {TablesVariable} to a folder of .npz files with transitions [S, A] (-1 terminal) and rewards [S, A]. "
        + "The benchmark's Atari and Procgen emulators themselves are not part of Bellman.";

    /// <inheritdoc/>
    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome) =>
        outcome.Plan.Size == ReproductionSize.Full ? [] : EffectiveHorizonFigures.All(outcome);

    /// <inheritdoc/>
    public override string Remarks(ReproductionOutcome outcome) => EffectiveHorizonFigures.ExactTable([.. ArmsOf(outcome.Plan.Size).Select(arm => arm.Process).DistinctBy(process => process.Name)]);

    private static IReadOnlyList<ulong>? SeedsOf(EffectiveHorizonArm arm, ReproductionSize size) =>
        size == ReproductionSize.Default && OwnSeeds.TryGetValue(arm.Name, out var count) ? Arm.FirstSeeds(count) : null;

    private static IReadOnlyList<EffectiveHorizonArm> ArmsOf(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke => [.. new[] { "grid5trap", "chain5" }.SelectMany(name => Standard(StickySuite.Find(name)))],
        ReproductionSize.Full => [.. TableFiles().SelectMany(file => Depths(new FiniteHorizonMdp(NameOf(file), DeterministicMdp.ReadNpz(file), TableHorizon)))],
        _ => [.. StickySuite.All.SelectMany(Standard), .. Extra()],
    };

    private static IEnumerable<EffectiveHorizonArm> Depths(FiniteHorizonMdp process) => Enumerable.Range(1, 3).Select(depth => new EffectiveHorizonArm(
        process, $"k{depth}", $"SQIRL with depth {depth} and exact regression on {process.Name}", ArmKind.Method, cells => cells.Tabular(new SqirlOptions { Depth = depth })));

    private static IEnumerable<EffectiveHorizonArm> Standard(FiniteHorizonMdp process) =>
    [
        .. Depths(process),
        new(process, "q-learning", $"tabular Q-learning, step 0.1, 16 copies, on {process.Name}", ArmKind.Baseline, cells => cells.QLearning()),
        new(process, "ppo", $"PPO, 64x64 networks, 8 copies, on {process.Name}", ArmKind.Baseline, cells => cells.PpoRun()),
    ];

    private static IEnumerable<EffectiveHorizonArm> Extra()
    {
        var (grid, trap, rooms) = (StickySuite.Find("grid5"), StickySuite.Find("grid5trap"), StickySuite.Find("rooms7"));
        return
        [
            new(grid, "theory", "the theory's form: tables for each time step, new data for each iteration, depth 1", ArmKind.Ablation, cells => cells.Tabular(new SqirlOptions { Form = SqirlForm.TimeIndexedTables })),
            new(grid, "no-replay", "depth 1 from the data of the current iteration alone, pooled over time", ArmKind.Ablation, cells => cells.Tabular(new SqirlOptions { KeepReplay = false })),
            new(grid, "store-all", "depth 1 with the steps of frozen policies stored too, whose returns are not those of random play", ArmKind.Ablation, cells => cells.Tabular(new SqirlOptions { StoreAll = true })),
            new(trap, "store-all", "depth 1 with the steps of frozen policies stored too", ArmKind.Ablation, cells => cells.Tabular(new SqirlOptions { StoreAll = true })),
            .. new[] { 1, 2 }.Select(depth => new EffectiveHorizonArm(trap, $"k{depth}-undiscounted-thirty", $"depth {depth} without discounting, 30 episodes an iteration", depth == 1 ? ArmKind.Ablation : ArmKind.Method, cells => cells.Single(new SqirlOptions { Depth = depth, Gamma = 1, Episodes = 30 }))),
            .. new[] { 1, 2 }.Select(depth => new EffectiveHorizonArm(rooms, $"k{depth}-undiscounted", $"depth {depth} without discounting", ArmKind.Ablation, cells => cells.Tabular(new SqirlOptions { Depth = depth, Gamma = 1 }))),
            .. new[] { 1, 2 }.Select(depth => new EffectiveHorizonArm(trap, $"theory-k{depth}-many", $"the theory's form, depth {depth}, 100,000 episodes, discount 0.997", ArmKind.Method, cells => cells.Single(Theory(depth, SeparatingGamma)))),
            .. new[] { 2, 3 }.Select(depth => new EffectiveHorizonArm(trap, $"theory-k{depth}-discounted-many", $"the theory's form, depth {depth}, 100,000 episodes, discount 0.99", ArmKind.Method, cells => cells.Single(Theory(depth, 0.99)))),
            new(trap, "pooled-k2-undiscounted-many", "depth 2 pooled over time, 100,000 episodes, no discount", ArmKind.Ablation, cells => cells.Single(Theory(2, 1) with { Form = SqirlForm.PooledTable })),
            new(rooms, "gorp", "GORP, k = 1, 10,000 episodes a sequence: open loop", ArmKind.Baseline, cells => cells.GorpPlan(new GorpOptions { Episodes = 10_000 })),
            new(rooms, "gorp-deterministic", "GORP on the same rooms without sticky actions", ArmKind.Baseline, cells => cells.GorpPlan(new GorpOptions { Episodes = 10_000 })),
            new(trap, "network-k1", "depth 1 with a 64x64 network, 100 episodes an iteration", ArmKind.Ablation, cells => cells.Single(Network(1))),
            new(trap, "network-k2", "depth 2 with a 64x64 network of two heads, 100 episodes an iteration", ArmKind.Method, cells => cells.Single(Network(2))),
            new(trap, "network-k2-separate", "the same with a network for each head", ArmKind.Ablation, cells => cells.Single(Network(2) with { SeparateNetworks = true })),
            new(trap, "network-k2-unscaled", "the same without loss scaling", ArmKind.Ablation, cells => cells.Single(Network(2) with { ScaleLosses = false })),
            new(trap, "network-k2-categorical", "the same with 21 atoms of return for each action", ArmKind.Ablation, cells => cells.Single(Network(2) with { Atoms = 21 })),
            .. new[] { 1, 2 }.Select(depth => new EffectiveHorizonArm(trap, $"network-k{depth}-longer", $"depth {depth} with a network for each head, 100 episodes, 40 passes, averaged weights and no discount", depth == 1 ? ArmKind.Ablation : ArmKind.Method, cells => cells.Single(Longer(depth)))),
            new(trap, "network-k1-more", "depth 1 as network-k2-more", ArmKind.Ablation, cells => cells.Single(More(1), showTime: true)),
            new(trap, "network-k2-more", "depth 2 with 30,000 episodes, annealed steps, averaged weights, no discount, and the time that is left observed", ArmKind.Method, cells => cells.Single(More(2), showTime: true)),
        ];
    }

    private static SqirlOptions Network(int depth) => new() { Depth = depth, Form = SqirlForm.Network, Episodes = 100 };

    private static SqirlOptions Longer(int depth) => Network(depth) with { SeparateNetworks = true, Epochs = 40, WeightAveraging = 0.99, Gamma = 1 };

    private static SqirlOptions More(int depth) => Network(depth) with { Episodes = 30_000, Epochs = 3, AnnealLearningRate = true, WeightAveraging = 0.999, Gamma = 1, BufferSize = 10_000_000 };

    private static SqirlOptions Theory(int depth, double gamma) => new() { Form = SqirlForm.TimeIndexedTables, Depth = depth, Episodes = 100_000, Gamma = gamma, BufferSize = 4_000_000 };

    private static IReadOnlyList<Claim> DefaultClaims()
    {
        const Statistic median = Statistic.Median;
        string[] returns = [.. EffectiveHorizonCells.EpisodeCounts.Select(EffectiveHorizonCells.ReturnMetric)];
        ClaimTerm[] Returns(string arm) => [.. returns.Select(metric => new ClaimTerm(arm, metric))];
        return
        [
            Claim.CombinedAtMost("grid5trap: depth 1 falls for the near reward (largest median return over episode counts)", Returns("grid5trap-k1"), values => values.Max(), 0.25, median),
            Claim.AtLeast("grid5trap, no discount as in the paper: depth 2 reaches the far one with 30 episodes an iteration", "grid5trap-k2-undiscounted-thirty", "return", 0.95, median),
            Claim.AtMost("grid5trap, no discount: depth 1 with 30 episodes does not", "grid5trap-k1-undiscounted-thirty", "return", 0.5, median),
            Claim.AtMost("grid5trap, the theory's form, 100,000 episodes: depth 1 falls for the near reward", "grid5trap-theory-k1-many", "return", 0.25, median),
            Claim.AtLeast("grid5trap, the theory's form, 100,000 episodes: depth 2 reaches the far one", "grid5trap-theory-k2-many", "return", 0.95, median),
            Claim.AtLeast("rooms7: depth 2 gets through the door with 1000 episodes", "rooms7-k2", "return-1000", 0.95, median),
            Claim.AtMost("rooms7: depth 1 does not", "rooms7-k1", "return-1000", 0.85, median),
            .. Enumerable.Range(1, 3).Select(depth => Claim.CombinedAtMost($"grid7trap: depth {depth} fails, as theory says (largest median return)", Returns($"grid7trap-k{depth}"), values => values.Max(), 0.35, median)),
            Correlation("q-learning", "Q-learning"),
            Correlation("ppo", "PPO"),
            Claim.Ratio("grid5: the theory's form, which does not pool over time, needs at least three times the steps of the pooled form", "grid5-theory", "grid5-k1", "steps", 3, median),
            Claim.AtLeast("grid5trap: networks of depth 2 solve it with 100 episodes, 40 passes and no discount", "grid5trap-network-k2-longer", "return", 0.9, median),
            Claim.AtMost("grid5trap: one of depth 1 with the same does not", "grid5trap-network-k1-longer", "return", 0.5, median),
            Claim.AtLeast("grid5trap: a network of two heads, told the time, solves it with 30,000 episodes", "grid5trap-network-k2-more", "return", 0.9, median),
            Claim.AtMost("grid5trap: one head with the same does not", "grid5trap-network-k1-more", "return", 0.5, median).ReportOnly(),
            Claim.AtMost("grid5trap, the theory's form, discount 0.99: depth 2 falls for the near reward, as its exact values do", "grid5trap-theory-k2-discounted-many", "return", 0.25, median).ReportOnly(),
            Claim.AtLeast("grid5trap, the theory's form, discount 0.99: depth 3 reaches the far one, as its exact values do", "grid5trap-theory-k3-discounted-many", "return", 0.95, median).ReportOnly(),
            Claim.AtMost("grid5trap, pooled over time, 100,000 episodes, no discount: depth 2 falls for the near reward", "grid5trap-pooled-k2-undiscounted-many", "return", 0.25, median).ReportOnly(),
            Claim.AtLeast("As specified: grid5trap, discount 0.99, depth 2 with 30 episodes an iteration", "grid5trap-k2", "return-30", 0.95, median),
            Claim.CombinedAtMost("As specified: grid5, the theory's form with 1000 episodes", [new("grid5-theory", "return-1000")], values => values[0], 0.95, median),
            Claim.AtLeast("As specified: grid5trap, discount 0.99, a network of two heads with 100 episodes and ten passes", "grid5trap-network-k2", "return", 0.9, median),
            Claim.AtMost("grid5trap: a network with one head and 100 episodes", "grid5trap-network-k1", "return", 0.25, median).ReportOnly(),
            Claim.AtMost("rooms7 without discounting: depth 1 does not get through", "rooms7-k1-undiscounted", "return-1000", 0.85, median).ReportOnly(),
            Claim.AtLeast("rooms7 without discounting: depth 2 does", "rooms7-k2-undiscounted", "return-1000", 0.95, median).ReportOnly(),
            Claim.AtMost("rooms7 with sticky actions: GORP's open-loop plan fails", "rooms7-gorp", "return", 0.95, median).ReportOnly(),
            Claim.AtLeast("rooms7 without them: it succeeds", "rooms7-gorp-deterministic", "return", 0.95, median).ReportOnly(),
            Claim.Ratio("grid5: earlier data save steps", "grid5-no-replay", "grid5-k1", "steps", 1, median).ReportOnly(),
        ];
    }

    /// <summary>Ranks of the best depth's median steps against a baseline's; a process that is not solved ranks last.</summary>
    private static Claim Correlation(string method, string name)
    {
        string[] processes = [.. StickySuite.All.Select(process => process.Name)];
        string[] methods = ["k1", "k2", "k3", method];
        ClaimTerm[] terms = [.. processes.SelectMany(process => methods.Select(one => new ClaimTerm($"{process}-{one}", "steps")))];
        return Claim.Combined($"Steps of SQIRL (best depth) and {name} rank the processes alike (Spearman)", terms, values =>
        {
            var rows = values.Chunk(methods.Length).ToList();
            return Statistics.RankCorrelation([.. rows.Select(row => row[..^1].Min())], [.. rows.Select(row => row[^1])]);
        }, 0.6, Statistic.Median);
    }

    private static IReadOnlyList<string> TableFiles() =>
        Environment.GetEnvironmentVariable(TablesVariable) is { Length: > 0 } folder && Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.npz").Order(StringComparer.Ordinal)] : [];

    private static string NameOf(string file) =>
        string.Concat(Path.GetFileNameWithoutExtension(file).ToLowerInvariant().Where(char.IsAsciiLetterOrDigit));
}
