using Bellman.Mujoco.Rendering;

namespace Bellman.Mujoco;

/// <summary>
/// <c>Reacher-v0</c>: bring the tip of an arm of two links to a target, with little effort. Observation [cos of both angles, sin of
/// both, target x and y, both angular velocities, tip minus target x and y]; actions in [-1, 1], 0.5 N m each; reward
/// -|tip - target| - |a|^2. It never terminates.
/// </summary>
public sealed class Reacher() : MujocoEnvironment(MujocoModel.Shared(MujocoModel.Text("Reacher")), 2, Unbounded(10), new MujocoView(true, 0, 0, 0.6, 400, 400))
{
    private const double Link = 0.1;
    private const double Reach = 0.2;

    private Span<double> Target => Simulation.MocapPosition(0);

    /// <summary>Where the tip is: l (cos q1 + cos(q1 + q2)), l (sin q1 + sin(q1 + q2)).</summary>
    internal (double X, double Y) Tip()
    {
        var (sinUpper, cosUpper) = Math.SinCos(Positions[0]);
        var (sinLower, cosLower) = Math.SinCos(Positions[0] + Positions[1]);
        return (Link * (cosUpper + cosLower), Link * (sinUpper + sinLower));
    }

    /// <inheritdoc/>
    protected override void Begin(RandomStream random)
    {
        Shake(Positions, 0.1, random);
        Shake(Velocities, 0.005, random);
        // Uniform in the disc that the arm reaches.
        do
        {
            Target[0] = random.NextUniform(-Reach, Reach);
            Target[1] = random.NextUniform(-Reach, Reach);
        }
        while (Target[0] * Target[0] + Target[1] * Target[1] >= Reach * Reach);
    }

    /// <inheritdoc/>
    protected override void Observe(Span<float> observation)
    {
        var (upper, lower) = (Math.SinCos(Positions[0]), Math.SinCos(Positions[1]));
        var (x, y) = Tip();
        observation[0] = (float)upper.Cos;
        observation[1] = (float)lower.Cos;
        observation[2] = (float)upper.Sin;
        observation[3] = (float)lower.Sin;
        observation[4] = (float)Target[0];
        observation[5] = (float)Target[1];
        observation[6] = (float)Velocities[0];
        observation[7] = (float)Velocities[1];
        observation[8] = (float)(x - Target[0]);
        observation[9] = (float)(y - Target[1]);
    }

    /// <inheritdoc/>
    protected override StepResult Act(ReadOnlySpan<float> action, RandomStream random)
    {
        Advance();
        var (x, y) = Tip();
        var distance = Math.Sqrt((x - Target[0]) * (x - Target[0]) + (y - Target[1]) * (y - Target[1]));
        return new StepResult(-distance - Square(action));
    }
}
