using Bellman.Mujoco.Rendering;

namespace Bellman.Mujoco;

/// <summary>
/// <c>PlanarPeg-v0</c>: an arm of three links on a table brings the peg in its hand into the slot of a block, which stands elsewhere in
/// every episode; the slot is 10 cm deep and 5 cm wide, the peg 4 cm. Observation [cos, sin and velocity of the three
/// joints, cos and sin of the peg's direction, tip minus mouth of the slot x and y, mouth x and y]; actions in [-1, 1], 1.5, 1 and 0.3 N m.
/// </summary>
/// <remarks>
/// r = exp(-5 d) (1 + sin phi) / 2 - 0.001 |a|^2, and 1 more while the peg is at least <see cref="InsertedDepth"/> m deep: d is the
/// tip's distance from the slot's end, phi the peg's direction, pi/2 along the slot. It never terminates. The peg touches the block, the
/// links pass over it.
/// </remarks>
public sealed class PlanarPeg() : MujocoEnvironment(MujocoModel.Shared(MujocoModel.Text("PlanarPeg")), 10, Unbounded(15), new MujocoView(true, 0, 0.24, 0.95, 400, 400))
{
    /// <summary>How deep, in metres, the peg's tip must be for the bonus: 80% of the slot.</summary>
    public const double InsertedDepth = 0.08;

    private const double Upper = 0.22, Fore = 0.2, Peg = 0.16, SlotDepth = 0.1, SlotHalfWidth = 0.025;

    private Span<double> Mouth => Simulation.MocapPosition(0);

    /// <summary>Whether the peg is in the slot.</summary>
    public bool Inserted
    {
        get
        {
            var (x, y, _) = Tip();
            return y - Mouth[1] >= InsertedDepth && Math.Abs(x - Mouth[0]) <= SlotHalfWidth;
        }
    }

    /// <summary>The peg's tip, and its direction.</summary>
    internal (double X, double Y, double Direction) Tip()
    {
        var (shoulder, elbow) = (Positions[0], Positions[0] + Positions[1]);
        var direction = elbow + Positions[2];
        return (Upper * Math.Cos(shoulder) + Fore * Math.Cos(elbow) + Peg * Math.Cos(direction),
            Upper * Math.Sin(shoulder) + Fore * Math.Sin(elbow) + Peg * Math.Sin(direction), direction);
    }

    /// <inheritdoc/>
    protected override void Begin(RandomStream random)
    {
        (Positions[0], Positions[1], Positions[2]) = (2.4, -1.9, -0.5);
        Shake(Positions, 0.2, random);
        Mouth[0] = random.NextUniform(-0.12, 0.12);
        Mouth[1] = random.NextUniform(0.40, 0.44);
    }

    /// <inheritdoc/>
    protected override void Observe(Span<float> observation)
    {
        var (x, y, direction) = Tip();
        for (var i = 0; i < 3; i++)
        {
            var (sin, cos) = Math.SinCos(Positions[i]);
            (observation[i], observation[3 + i], observation[6 + i]) = ((float)cos, (float)sin, (float)Velocities[i]);
        }
        var (along, across) = Math.SinCos(direction);
        observation[9] = (float)across;
        observation[10] = (float)along;
        observation[11] = (float)(x - Mouth[0]);
        observation[12] = (float)(y - Mouth[1]);
        observation[13] = (float)Mouth[0];
        observation[14] = (float)Mouth[1];
    }

    /// <inheritdoc/>
    protected override StepResult Act(ReadOnlySpan<float> action, RandomStream random)
    {
        Advance();
        var (x, y, direction) = Tip();
        var (dx, dy) = (x - Mouth[0], y - Mouth[1] - SlotDepth);
        var closeness = Math.Exp(-5 * Math.Sqrt(dx * dx + dy * dy)) * (1 + Math.Sin(direction)) / 2;
        return new StepResult(closeness - 1e-3 * Square(action) + (Inserted ? 1 : 0));
    }
}
