using Bellman.Experiments;

namespace Bellman.Papers.BehaviorAlignment;

/// <summary>The paper's reproduction; <see cref="BarfiArms"/> says what the arms are.</summary>
public sealed class BarfiReproduction : Reproduction
{
    private const Statistic Mean = Statistic.Mean;

    /// <inheritdoc/>
    public override string Slug => "barfi";

    /// <inheritdoc/>
    public override string Title => "Behavior Alignment via Reward Function Optimization";

    /// <inheritdoc/>
    public override string Summary =>
        "A designer's auxiliary reward may help or mislead. BARFI learns how to blend it with the primary reward, and how far the policy should look ahead, from the primary return of " +
        "the policy that the blend makes: near the best return with helpful and with misleading auxiliary rewards, where adding them naively fails in the second case.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("final", "Undiscounted primary return, mean of the last tenth of the episodes.") { Primary = true },
        new("all", "Undiscounted primary return, mean of all episodes.") { Plotted = false },
        new("steps", "Steps of an episode, mean of the last tenth.", "steps", HigherIsBetter: null) { Plotted = false },
        new("discount", "Inner discount at the end.", HigherIsBetter: null) { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
        [.. BarfiArms.CurveNames.Select(name => new CurveDefinition(name, "episodes", "primary return") { MovingAverage = 5 })];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => BarfiArms.Of(size);

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => Arm.FirstSeeds(size switch { ReproductionSize.Smoke => 2, ReproductionSize.Full => 40, _ => 5 });

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke =>
        [
            Claim.AtLeast("Helpful reward, 600 episodes: BARFI reaches the goal", "good", "final", 80, Mean),
            Claim.AtLeast("Misleading reward, 600 episodes: and here more often than not", "bad", "final", 40, Mean),
        ],
        _ =>
        [
            Claim.AtLeast("Misleading reward: BARFI is near the best return", "bad", "final", 95, Mean),
            Claim.AtMost("Misleading reward: the naive sum is not", "bad-naive", "final", 60, Mean),
            Claim.Difference("Misleading reward: BARFI earns more than the naive sum", "bad", "bad-naive", "final", 35, Mean),
            Claim.AtLeast("Helpful reward: BARFI is near the best return", "good", "final", 95, Mean),
            Report("Helpful reward without the mistake: BARFI against the naive sum", "good2", "good2-naive"),
            Report("Misleading reward: BARFI against the primary reward alone", "bad", "bad-primary"),
            Report("Helpful reward: BARFI against the primary reward alone", "good", "good-primary"),
            Report("Misleading reward: BARFI against the primary reward alone with as many inner steps", "bad", "bad-primary-replay"),
            Claim.Difference("Misleading reward: the same, over all episodes", "bad", "bad-primary-replay", "all", 0, Mean).ReportOnly(),
            Report("Misleading reward: BARFI against shaping by a potential", "bad", "bad-potential"),
            Report("Misleading reward: second order against first order (FRODO)", "bad", "bad-frodo"),
            Report("Misleading reward: learning the discount helps", "bad", "bad-fixed-discount"),
            Report("Misleading reward: learning the reward helps", "bad", "bad-fixed-reward"),
            Report("Misleading reward: the Neumann series against conjugate gradients", "bad", "bad-conjugate"),
            Report("Misleading reward, actor-critic: BARFI against the naive sum", "bad-critic", "bad-critic-naive"),
            Report("Misleading reward: a factor gamma^t in the inner gradient changes nothing", "bad", "bad-discounted-steps"),
            Report("Misleading reward: nor do importance ratios", "bad", "bad-ratios"),
            Report("Misleading reward: three numbers in place of functions of the state", "bad", "bad-scalars"),
            Report("CartPole, misleading controller: BARFI against the naive sum", "cartpole-bad", "cartpole-bad-naive"),
            Report("CartPole, helpful controller: BARFI against the naive sum", "cartpole-good", "cartpole-good-naive"),
            Report("MountainCar, direction: BARFI against the naive sum", "car-direction", "car-direction-naive"),
            Report("MountainCar, speed: BARFI against the naive sum", "car-speed", "car-speed-naive"),
        ],
    };

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context) => BarfiArms.Run(cell, context);

    /// <inheritdoc/>
    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome) => [.. BarfiPicture.Returns(outcome), .. BarfiPicture.LearnedReward(outcome)];

    /// <inheritdoc/>
    public override string Remarks(ReproductionOutcome outcome) =>
        "Every return is the primary one, whatever the policy learned from. The highest return on the square is about 99. CartPole's is 500, MountainCar's 1 (the flag was reached).";

    private static Claim Report(string name, string arm, string other) => Claim.Difference(name, arm, other, "final", 0, Mean).ReportOnly();
}
