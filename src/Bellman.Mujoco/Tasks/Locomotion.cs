using Bellman.Mujoco.Rendering;

namespace Bellman.Mujoco;

/// <summary>
/// A body in the x-z plane that is paid for running ahead. The first three joints are the root's x, z and angle about y. The
/// observation is qpos without x, then qvel: where the body is along the track has no meaning for its gait.
/// </summary>
public abstract class Locomotion : MujocoEnvironment
{
    private readonly LocomotionOptions options;
    private readonly double speedLimit;

    /// <summary>A body of a model that comes with Bellman.</summary>
    /// <param name="name">The model.</param>
    /// <param name="frameSkip">Time steps an action.</param>
    /// <param name="options">Weights of the reward.</param>
    /// <param name="speedLimit">Observed velocities are cut at this size.</param>
    /// <param name="view">What pictures show.</param>
    private protected Locomotion(string name, int frameSkip, LocomotionOptions options, double speedLimit, MujocoView view)
        : this(MujocoModel.Shared(MujocoModel.Text(name)), frameSkip, options, speedLimit, view) { }

    private Locomotion(MujocoModel model, int frameSkip, LocomotionOptions options, double speedLimit, MujocoView view)
        : base(model, frameSkip, Unbounded(model.PositionCount - 1 + model.VelocityCount), view)
    {
        this.options = options;
        this.speedLimit = speedLimit;
    }

    /// <inheritdoc/>
    protected override void Begin(RandomStream random)
    {
        Shake(Positions, options.ResetNoise, random);
        Shake(Velocities, options.ResetNoise, random);
    }

    /// <inheritdoc/>
    protected override void Observe(Span<float> observation)
    {
        var positions = Positions[1..];
        var velocities = Velocities;
        for (var i = 0; i < positions.Length; i++) { observation[i] = (float)positions[i]; }
        for (var i = 0; i < velocities.Length; i++) { observation[positions.Length + i] = (float)Math.Clamp(velocities[i], -speedLimit, speedLimit); }
    }

    /// <inheritdoc/>
    protected override StepResult Act(ReadOnlySpan<float> action, RandomStream random)
    {
        var x = Positions[0];
        Advance();
        // r = w (x' - x) / dt - c |a|^2
        return Judge(options.ForwardReward * (Positions[0] - x) / StepSeconds - options.ControlCost * Square(action));
    }

    /// <summary>Completes the step's result from what running paid.</summary>
    private protected virtual StepResult Judge(double reward) => new(reward);
}

/// <summary>
/// <c>HalfCheetah-v0</c>: run ahead on two legs of three segments. 17 observations, 6 actions in [-1, 1]; reward: velocity minus
/// 0.1 |a|^2. It never terminates.
/// </summary>
/// <param name="options">Weights of the reward.</param>
/// <exception cref="UsageException">An option is out of range.</exception>
public sealed class HalfCheetah(HalfCheetahOptions options)
    : Locomotion("HalfCheetah", 5, OptionSet.Validated(options, "HalfCheetah"), double.PositiveInfinity, new MujocoView(false, 0, 0.65, 3.2, 480, 360) { Follows = true })
{
    private readonly double noise = options.ResetNoise;

    /// <summary>With the usual weights.</summary>
    public HalfCheetah() : this(new HalfCheetahOptions()) { }

    /// <summary>Uniform noise on the positions, Gaussian on the velocities.</summary>
    protected override void Begin(RandomStream random)
    {
        Shake(Positions, noise, random);
        foreach (ref var velocity in Velocities) { velocity += noise * random.NextGaussian(); }
    }
}

/// <summary>A locomotion body that can fall: its root's height and angle say whether it has.</summary>
public abstract class LeggedLocomotion : Locomotion
{
    private readonly LeggedOptions options;

    private protected LeggedLocomotion(string name, LeggedOptions options)
        : base(name, 4, OptionSet.Validated(options, name), 10, new MujocoView(false, 0, 0.85, 3, 480, 360) { Follows = true }) => this.options = options;

    /// <summary>Whether the body is upright and its state within bounds.</summary>
    public abstract bool Healthy { get; }

    private protected override StepResult Judge(double reward)
    {
        var healthy = Healthy;
        return new StepResult(reward + (healthy ? options.HealthyReward : 0), Terminated: !healthy && options.TerminateWhenUnhealthy);
    }
}

/// <summary>
/// <c>Hopper-v0</c>: hop ahead on one leg. 11 observations, 3 actions in [-1, 1]; reward: 1 + velocity - 0.001 |a|^2. It ends when the
/// root's height is 0.7 m or less, its angle 0.2 rad or more, or another number of the state 100 or more.
/// </summary>
/// <param name="options">Weights of the reward.</param>
/// <exception cref="UsageException">An option is out of range.</exception>
public sealed class Hopper(LeggedOptions options) : LeggedLocomotion("Hopper", options)
{
    /// <summary>With the usual weights.</summary>
    public Hopper() : this(new LeggedOptions()) { }

    /// <inheritdoc/>
    public override bool Healthy =>
        Positions[1] > 0.7 && Math.Abs(Positions[2]) < 0.2 && Bounded(Positions[2..]) && Bounded(Velocities);

    private static bool Bounded(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
        {
            if (!(Math.Abs(value) < 100)) { return false; }
        }
        return true;
    }
}

/// <summary>
/// <c>Walker2d-v0</c>: walk ahead on two legs. 17 observations, 6 actions in [-1, 1]; reward: 1 + velocity - 0.001 |a|^2. It ends when
/// the root's height leaves (0.8, 2) m or its angle (-1, 1) rad.
/// </summary>
/// <param name="options">Weights of the reward.</param>
/// <exception cref="UsageException">An option is out of range.</exception>
public sealed class Walker2d(LeggedOptions options) : LeggedLocomotion("Walker", options)
{
    /// <summary>With the usual weights.</summary>
    public Walker2d() : this(new LeggedOptions()) { }

    /// <inheritdoc/>
    public override bool Healthy => Positions[1] is > 0.8 and < 2 && Math.Abs(Positions[2]) < 1;
}
