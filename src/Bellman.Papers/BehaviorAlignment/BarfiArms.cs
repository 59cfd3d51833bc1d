using System.Globalization;
using Bellman.Environments;
using Bellman.Experiments;

namespace Bellman.Papers.BehaviorAlignment;

/// <summary>Every arm of the reproduction, and how one is run.</summary>
internal static class BarfiArms
{
    /// <summary>The note with what the reward makes of each place.</summary>
    public const string RewardNote = "what BARFI adds to the primary reward, row by row from below";

    /// <summary>Places on a side of that map.</summary>
    public const int MapSide = 25;

    private const double ActionReward = -0.1;
    // Four moves within the middle, 50 each.
    private const double BonusOfAction = 200;
    private const int CurvePoints = 200;

    private static readonly BarfiOptions Grid = new();

    // The state's velocities have no bounds; beyond these a pole has long fallen. Rates calibrated on seeds 100 and 101.
    private static readonly BarfiOptions CartPole = new()
    {
        FourierOrder = 2,
        Low = [-2.4, -3, -0.21, -3],
        High = [2.4, 3, 0.21, 3],
        BufferSize = 10_000,
        RewardLearningRate = 0.001,
        DiscountLearningRate = 0.001,
        DiscountPenalty = 0.25,
    };

    private static readonly BarfiOptions Car = new()
    {
        Blend = BlendForm.Full,
        Features = AlignmentFeatures.Tiles,
        ActorLearningRate = 0.01,
        RewardLearningRate = 1.0 / 64,
        DiscountLearningRate = 0,
        DiscountPenalty = 0,
        BufferSize = 50,
        FirstEpisodes = 50,
    };

    private sealed record Entry(Arm Arm, string Environment, BarfiOptions Options, int Episodes);

    private static readonly Entry[] Entries =
    [
        .. Compared("bad", "square, misleading reward", "AlignmentGrid-v0?auxiliary=bad", Grid, 2000),
        Of("bad-potential", "square, misleading reward", "Shaping by a potential: the auxiliary reward as a baseline.", ArmKind.Baseline, Grid with { Method = AlignmentMethod.Potential }),
        Of("bad-primary-replay", "square, misleading reward", "The primary reward alone with BARFI's schedule of inner steps on kept trajectories.", ArmKind.Baseline, Grid with { Method = AlignmentMethod.Primary, Replay = true }),
        Of("bad-frodo", "square, misleading reward", "FRODO: K = 0, first order.", ArmKind.Ablation, Grid with { Terms = 0 }),
        Of("bad-fixed-discount", "square, misleading reward", "The inner discount stays at 0.99.", ArmKind.Ablation, Grid with { DiscountLearningRate = 0, DiscountPenalty = 0 }),
        Of("bad-fixed-reward", "square, misleading reward", "The reward stays as drawn, the discount is learned.", ArmKind.Ablation, Grid with { RewardLearningRate = 0 }),
        Of("bad-conjugate", "square, misleading reward", "Conjugate gradients, 10 products, damping 1.", ArmKind.Ablation, Grid with { Inverse = InverseMethod.ConjugateGradient, Terms = 10, Damping = 1 }),
        Of("bad-full", "square, misleading reward", "f2 in front of the primary reward.", ArmKind.Ablation, Grid with { Blend = BlendForm.Full }),
        Of("bad-scalars", "square, misleading reward", "Three numbers for all states.", ArmKind.Ablation, Grid with { Blend = BlendForm.Scalars }),
        Of("bad-discounted-steps", "square, misleading reward", "The inner gradient keeps gamma^t.", ArmKind.Ablation, Grid with { DiscountSteps = true }),
        Of("bad-ratios", "square, misleading reward", "Old actions weighed by importance ratios.", ArmKind.Ablation, Grid with { ImportanceRatios = true }),
        Of("bad-critic", "square, misleading reward", "BARFI on a one-step actor-critic.", ArmKind.Method, Grid with { Credit = AlignmentCredit.Advantages }),
        Of("bad-critic-naive", "square, misleading reward", "The naive sum on a one-step actor-critic.", ArmKind.Baseline, Grid with { Credit = AlignmentCredit.Advantages, Method = AlignmentMethod.Naive }),
        Of("bad-critic-primary", "square, misleading reward", "The primary reward alone on a one-step actor-critic.", ArmKind.Baseline, Grid with { Credit = AlignmentCredit.Advantages, Method = AlignmentMethod.Primary }),
        .. Compared("good", "square, helpful reward", "AlignmentGrid-v0?auxiliary=good", Grid, 2000),
        new(new Arm("good-potential", "Shaping by a potential.", ArmKind.Baseline) { Task = "square, helpful reward" }, "AlignmentGrid-v0?auxiliary=good", Grid with { Method = AlignmentMethod.Potential }, 2000),
        .. Compared("good2", "square, helpful reward without its mistake", "AlignmentGrid-v0?auxiliary=good2", Grid, 2000),
        .. Compared("cartpole-good", "CartPole, helpful controller", "AlignmentCartPole-v0?auxiliary=good", CartPole, 1000),
        .. Compared("cartpole-bad", "CartPole, misleading controller", "AlignmentCartPole-v0?auxiliary=bad", CartPole, 1000),
        .. Compared("car-direction", "MountainCar, paid for direction", "AlignmentMountainCar-v0?auxiliary=direction", Car, 300),
        .. Compared("car-speed", "MountainCar, paid for speed", "AlignmentMountainCar-v0?auxiliary=speed", Car, 300),
    ];

    /// <summary>The curves: one a task, and one for what the method's parts do to it.</summary>
    public static IEnumerable<string> CurveNames => Entries.Select(entry => CurveOf(entry.Arm)).Distinct();

    public static IReadOnlyList<Arm> Of(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke => [.. Entries.Select(entry => entry.Arm).Where(arm => arm.Name is "bad" or "bad-naive" or "bad-critic" or "bad-conjugate" or "good" or "cartpole-bad" or "car-direction-primary")],
        // The paper plays CartPole with 20 seeds and the others with 40.
        ReproductionSize.Full => [.. Entries.Select(entry => entry.Arm.Name.StartsWith("cartpole", StringComparison.Ordinal) ? entry.Arm with { Seeds = Arm.FirstSeeds(20) } : entry.Arm)],
        _ => [.. Entries.Select(entry => entry.Arm.Name.StartsWith("car-", StringComparison.Ordinal) ? entry.Arm with { Seeds = [0, 1, 2] } : entry.Arm)],
    };

    public static CellResult Run(Cell cell, CellContext context)
    {
        var entry = Entries.First(one => one.Arm.Name == cell.Arm.Name);
        var car = entry.Environment.StartsWith("AlignmentMountainCar", StringComparison.Ordinal);
        var (episodes, options) = cell.Size switch
        {
            ReproductionSize.Smoke => (car ? 12 : entry.Arm.Name.StartsWith("cartpole", StringComparison.Ordinal) ? 150 : 600, entry.Options with { FirstEpisodes = car ? 3 : 30 }),
            ReproductionSize.Full => (car ? 500 : entry.Episodes, entry.Options),
            _ => (entry.Episodes, entry.Options),
        };
        using var agent = new Barfi(StandardEnvironments.Registry().Make(entry.Environment), options, cell.Seed);
        var ended = new EndedEpisodes();
        for (var episode = 0; episode < episodes; episode++)
        {
            agent.Advance(ended);
            if (episode % 20 == 0) { context.Report((double)episode / episodes, string.Create(CultureInfo.InvariantCulture, $"return {agent.PrimaryReturn:0}")); }
        }
        var last = Math.Max(1, episodes / 10);
        var chunk = Math.Max(1, episodes / CurvePoints);
        var blocks = ended.Returns.Chunk(chunk).Select(block => block.Average()).ToList();
        return new CellResult
        {
            Metrics = new Dictionary<string, double>
            {
                ["final"] = ended.Returns.TakeLast(last).Average(),
                ["all"] = ended.Returns.Average(),
                ["steps"] = ended.Lengths.TakeLast(last).Average(),
                ["discount"] = agent.Discount,
            },
            Curves = [new Curve(CurveOf(entry.Arm), [.. blocks.Select((_, block) => (block + 1.0) * chunk)], blocks)],
            Notes = entry.Arm.Name == "bad" ? new Dictionary<string, string> { [RewardNote] = Map(agent) } : [],
        };
    }

    private static string CurveOf(Arm arm) => arm.Kind == ArmKind.Ablation ? $"{arm.Task}: ablations" : arm.Name.Contains("-critic", StringComparison.Ordinal) ? $"{arm.Task}: actor-critics" : arm.Task;

    private static IEnumerable<Entry> Compared(string name, string task, string environment, BarfiOptions options, int episodes) =>
    [
        new(new Arm(name, "BARFI: reward and discount are learned.") { Task = task }, environment, options, episodes),
        new(new Arm($"{name}-naive", "The primary plus the auxiliary reward.", ArmKind.Baseline) { Task = task }, environment, options with { Method = AlignmentMethod.Naive }, episodes),
        new(new Arm($"{name}-primary", "The primary reward alone.", ArmKind.Baseline) { Task = task }, environment, options with { Method = AlignmentMethod.Primary }, episodes),
    ];

    private static Entry Of(string name, string task, string description, ArmKind kind, BarfiOptions options) =>
        new(new Arm(name, description, kind) { Task = task }, "AlignmentGrid-v0?auxiliary=bad", options, 2000);

    private static string Map(Barfi agent)
    {
        var values = new List<string>();
        for (var row = 0; row < MapSide; row++)
        {
            for (var column = 0; column < MapSide; column++)
            {
                float[] place = [column / (MapSide - 1f), row / (MapSide - 1f)];
                var bonus = place.All(coordinate => coordinate is >= 0.4f and <= 0.6f) ? BonusOfAction : 0;
                values.Add((agent.RewardAt(place, ActionReward, bonus) - ActionReward).ToString("0.###", CultureInfo.InvariantCulture));
            }
        }
        return string.Join(' ', values);
    }

    private sealed class EndedEpisodes : IMetricSink
    {
        public List<double> Returns { get; } = [];

        public List<double> Lengths { get; } = [];

        public void Add(string name, double value) { }

        public void Episode(double episodeReturn, int length)
        {
            Returns.Add(episodeReturn);
            Lengths.Add(length);
        }
    }
}
