using System.ComponentModel;

namespace Bellman.Environments.AuxiliaryRewards;

/// <summary>What agreeing with the controller is worth.</summary>
public enum ControllerAuxiliary
{
    /// <summary>+5 for the controller's action, -1 for the other.</summary>
    Good,

    /// <summary>-5 for the controller's action, +1 for the other: it misleads.</summary>
    Bad,
}

/// <summary>Options of <c>AlignmentCartPole-v0</c>.</summary>
public sealed record AlignmentCartPoleOptions : AuxiliaryRewardOptions
{
    /// <summary>Which auxiliary reward.</summary>
    [Description("auxiliary reward: good pays 5 for the action of a controller and -1 for the other, bad -5 and 1")]
    public ControllerAuxiliary Auxiliary { get; init; }
}

/// <summary>
/// <c>AlignmentCartPole-v0</c>: CartPole with an auxiliary reward for agreeing with a proportional-derivative controller of the pole's angle
/// (Gupta et al. 2023). The controller remembers the angle of the step before, so that the auxiliary reward depends a little on history.
/// The step that ends the task has none.
/// </summary>
public sealed class AlignmentCartPole : EnvironmentWrapper, IAuxiliaryReward
{
    private const int Angle = 2;
    private const double Proportional = 0.1;
    private const double Derivative = 0.5;

    private readonly AlignmentCartPoleOptions options;
    private double angle;
    private double previousAngle;

    /// <summary>A cart with its auxiliary reward.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public AlignmentCartPole(AlignmentCartPoleOptions options) : base(new CartPole()) => this.options = OptionSet.Validated(options, "environment AlignmentCartPole-v0");

    /// <inheritdoc/>
    public double PrimaryReward { get; private set; }

    /// <inheritdoc/>
    public double AuxiliaryReward { get; private set; }

    /// <summary>1 (right) if 0.1 e + 0.5 (e - e_prev) > 0, else 0 (left), e the pole's angle.</summary>
    public static int Controller(double angle, double previousAngle) => Proportional * angle + Derivative * (angle - previousAngle) > 0 ? 1 : 0;

    /// <inheritdoc/>
    public override void Reset(RandomStream random, Span<float> observation)
    {
        base.Reset(random, observation);
        (angle, previousAngle, PrimaryReward, AuxiliaryReward) = (observation[Angle], 0, 0, 0);
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var agrees = (int)action[0] == Controller(angle, previousAngle);
        var result = base.Step(action, random, observation);
        (previousAngle, angle) = (angle, observation[Angle]);
        PrimaryReward = result.Reward;
        AuxiliaryReward = result.Terminated ? 0 : (options.Auxiliary, agrees) switch
        {
            (ControllerAuxiliary.Good, true) => 5,
            (ControllerAuxiliary.Good, false) => -1,
            (_, true) => -5,
            _ => 1,
        };
        return result with { Reward = options.Of(PrimaryReward, AuxiliaryReward) };
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        state.Value(nameof(angle), ref angle);
        state.Value(nameof(previousAngle), ref previousAngle);
        RestoredState.RequireFinite(state, nameof(angle), angle);
        RestoredState.RequireFinite(state, nameof(previousAngle), previousAngle);
        base.Exchange(state);
    }
}
