using Bellman.Mujoco.Rendering;

namespace Bellman.Mujoco;

/// <summary>
/// <c>InvertedPendulum-v0</c>: push a cart so that the pole on it stays up. Observation [x, theta, xDot, thetaDot] in m, rad, m/s,
/// rad/s; action in [-3, 3], 30 N each; reward 1 for each step that ends with |theta| at most 0.2, and the episode ends with
/// the first that does not.
/// </summary>
public sealed class InvertedPendulum() : MujocoEnvironment(MujocoModel.Shared(MujocoModel.Text("InvertedPendulum")), 2, Unbounded(4), new MujocoView(false, 0, 0.2, 2.6, 480, 360))
{
    /// <inheritdoc/>
    protected override void Begin(RandomStream random)
    {
        Shake(Positions, 0.01, random);
        Shake(Velocities, 0.01, random);
    }

    /// <inheritdoc/>
    protected override void Observe(Span<float> observation)
    {
        observation[0] = (float)Positions[0];
        observation[1] = (float)Positions[1];
        observation[2] = (float)Velocities[0];
        observation[3] = (float)Velocities[1];
    }

    /// <inheritdoc/>
    protected override StepResult Act(ReadOnlySpan<float> action, RandomStream random)
    {
        Advance();
        var up = Math.Abs(Positions[1]) <= 0.2;
        return new StepResult(up ? 1 : 0, Terminated: !up);
    }
}
