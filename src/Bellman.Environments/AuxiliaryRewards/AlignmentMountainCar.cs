using System.ComponentModel;

namespace Bellman.Environments.AuxiliaryRewards;

/// <summary>What helps a car out of its valley.</summary>
public enum SwingAuxiliary
{
    /// <summary>+1 for pushing the way the car moves (right where it stands), -1 otherwise.</summary>
    Direction,

    /// <summary>Ten times the speed.</summary>
    Speed,
}

/// <summary>Options of <c>AlignmentMountainCar-v0</c>.</summary>
public sealed record AlignmentMountainCarOptions : AuxiliaryRewardOptions
{
    /// <summary>Which auxiliary reward.</summary>
    [Description("auxiliary reward: direction pays 1 for pushing the way the car moves and -1 otherwise, speed ten times the speed")]
    public SwingAuxiliary Auxiliary { get; init; }
}

/// <summary>
/// <c>AlignmentMountainCar-v0</c>: MountainCar's motion with primary reward 1 at the flag and 0 before (Gupta et al. 2023), and an auxiliary
/// reward for swinging. An episode is cut after 2000 steps.
/// </summary>
public sealed class AlignmentMountainCar : EnvironmentWrapper, IAuxiliaryReward
{
    private const int Velocity = 1;
    private const int Left = 0;
    private const int Right = 2;
    private const double SpeedScale = 10;

    private readonly AlignmentMountainCarOptions options;
    private double velocity;

    /// <summary>A car with its auxiliary reward.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public AlignmentMountainCar(AlignmentMountainCarOptions options) : base(new MountainCar()) => this.options = OptionSet.Validated(options, "environment AlignmentMountainCar-v0");

    /// <inheritdoc/>
    public double PrimaryReward { get; private set; }

    /// <inheritdoc/>
    public double AuxiliaryReward { get; private set; }

    /// <inheritdoc/>
    public override void Reset(RandomStream random, Span<float> observation)
    {
        base.Reset(random, observation);
        (velocity, PrimaryReward, AuxiliaryReward) = (observation[Velocity], 0, 0);
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var agrees = (int)action[0] == (velocity < 0 ? Left : Right);
        var result = base.Step(action, random, observation);
        velocity = observation[Velocity];
        PrimaryReward = result.Terminated ? 1 : 0;
        AuxiliaryReward = options.Auxiliary == SwingAuxiliary.Speed ? SpeedScale * Math.Abs(velocity) : agrees ? 1 : -1;
        return result with { Reward = options.Of(PrimaryReward, AuxiliaryReward) };
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        state.Value(nameof(velocity), ref velocity);
        RestoredState.RequireFinite(state, nameof(velocity), velocity);
        base.Exchange(state);
    }
}

/// <summary>Registers the family.</summary>
internal static class AuxiliaryRewardEnvironments
{
    public static void Register(EnvironmentRegistry registry)
    {
        registry.Register(new EnvironmentRegistration("AlignmentGrid-v0", "Walk a square to its goal beside a designer's auxiliary reward, which helps or misleads.",
            arguments => new AlignmentGrid(arguments.Bind<AlignmentGridOptions>()))
        {
            TimeLimit = 50,
            Options = typeof(AlignmentGridOptions),
        });
        registry.Register(new EnvironmentRegistration("AlignmentCartPole-v0", "CartPole beside an auxiliary reward for agreeing, or not, with a controller.",
            arguments => new AlignmentCartPole(arguments.Bind<AlignmentCartPoleOptions>()))
        {
            TimeLimit = 500,
            Options = typeof(AlignmentCartPoleOptions),
        });
        registry.Register(new EnvironmentRegistration("AlignmentMountainCar-v0", "MountainCar paid at the flag alone, beside an auxiliary reward for swinging.",
            arguments => new AlignmentMountainCar(arguments.Bind<AlignmentMountainCarOptions>()))
        {
            TimeLimit = 2000,
            Options = typeof(AlignmentMountainCarOptions),
        });
    }
}
