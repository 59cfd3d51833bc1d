using Bellman.Mujoco;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Mujoco;

public class PlanarPegTests
{
    public PlanarPegTests() => MujocoRequired.OrSkip();

    [Fact]
    public void The_tip_is_where_MuJoCo_has_the_end_of_the_peg()
    {
        using var arm = new PlanarPeg();
        var random = RandomStream.Create(2);
        for (var episode = 0; episode < 5; episode++)
        {
            var observation = arm.Reset(random);
            using var shown = new MujocoSimulation(arm.Simulation.Model);
            shown.Show(arm.Simulation);
            var hand = shown.Read(MujocoLibrary.Api.Layout.BodyPositions, 3 * shown.Model.Counts.Bodies).Slice(3 * shown.Model.Body("hand"), 3);
            var (x, y, direction) = arm.Tip();
            Play.Near(hand[0] + 0.16 * Math.Cos(direction), x, 1e-12);
            Play.Near(hand[1] + 0.16 * Math.Sin(direction), y, 1e-12);
            Play.Near([x - observation[13], y - observation[14]], observation[11..13], 1e-6);
            Assert.False(arm.Inserted);
        }
    }

    [Fact]
    public void A_peg_that_is_led_into_the_slot_stays_there_and_is_paid()
    {
        using var arm = new PlanarPeg();
        var random = RandomStream.Create(6);
        var observation = arm.Reset(random);
        var (mouthX, mouthY) = ((double)observation[13], (double)observation[14]);
        arm.SetState(Pose(mouthX, mouthY - 0.20), new double[3], observation);
        var result = new StepResult(0);
        for (var step = 0; step < 120; step++)
        {
            // The wrist's goal moves 0.14 m along the slot in the first 80 steps; the peg is 0.16 m long.
            var goal = Pose(mouthX, mouthY - 0.20 + 0.14 * Math.Min(1, step / 80.0));
            var action = new float[3];
            for (var i = 0; i < 3; i++)
            {
                action[i] = (float)Math.Clamp(20 * (goal[i] - arm.Simulation.Positions[i]) - arm.Simulation.Velocities[i], -1, 1);
            }
            (observation, result) = arm.Take(random, action);
        }
        Assert.True(arm.Inserted);
        Assert.InRange(result.Reward, 1.6, 2.0);
    }

    // With soft contacts or steps as long as those of the other tasks, a policy soon learns to push the peg through the walls.
    [Fact]
    public void However_hard_the_arm_pushes_the_peg_stays_out_of_the_block()
    {
        using var arm = new PlanarPeg();
        var random = RandomStream.Create(12);
        var deepest = 0.0;
        for (var episode = 0; episode < 25; episode++)
        {
            var observation = arm.Reset(random);
            for (var step = 0; step < 200; step++)
            {
                // Full torque towards a point behind the block for a while, then anywhere.
                var goal = Pose(observation[13] + random.NextUniform(-0.1, 0.1), observation[14] - 0.02);
                var action = new float[3];
                for (var i = 0; i < 3; i++) { action[i] = step % 40 < 30 ? Math.Sign(goal[i] - arm.Simulation.Positions[i]) : random.NextInt32(3) - 1; }
                (observation, _) = arm.Take(random, action);
                deepest = Math.Max(deepest, Overlap(arm, observation[13], observation[14]));
            }
        }
        Assert.InRange(deepest, 0.0005, 0.006);
    }

    [Fact]
    public void A_peg_beside_the_slot_does_not_go_through_the_block()
    {
        using var arm = new PlanarPeg();
        var random = RandomStream.Create(6);
        var observation = arm.Reset(random);
        var (mouthX, mouthY) = ((double)observation[13], (double)observation[14]);
        arm.SetState(Pose(mouthX + 0.07, mouthY - 0.20), new double[3], observation);
        var highest = 0.0;
        for (var step = 0; step < 100; step++)
        {
            var goal = Pose(mouthX + 0.07, mouthY - 0.20 + 0.12 * Math.Min(1, step / 60.0));
            var action = new float[3];
            for (var i = 0; i < 3; i++) { action[i] = (float)Math.Clamp(3 * (goal[i] - arm.Simulation.Positions[i]) - 0.3 * arm.Simulation.Velocities[i], -1, 1); }
            (observation, _) = arm.Take(random, action);
            highest = Math.Max(highest, observation[12]);
        }
        Assert.InRange(highest, -0.02, 0.01);
    }

    /// <summary>How far, in metres, a point of the peg's outline is inside a wall of the block.</summary>
    private static double Overlap(PlanarPeg arm, double mouthX, double mouthY)
    {
        var (x, y, direction) = arm.Tip();
        var (sin, cos) = Math.SinCos(direction);
        var deepest = 0.0;
        for (var along = 0.0; along <= 0.1601; along += 0.005)
        {
            foreach (var side in (double[])[-0.02, 0.02])
            {
                var (px, py) = (x - along * cos - side * sin - mouthX, y - along * sin + side * cos - mouthY);
                foreach (var (left, right, bottom, top) in ((double, double, double, double)[])[(-0.145, -0.025, 0, 0.16), (0.025, 0.145, 0, 0.16), (-0.025, 0.025, 0.1, 0.16)])
                {
                    deepest = Math.Max(deepest, Math.Min(Math.Min(px - left, right - px), Math.Min(py - bottom, top - py)));
                }
            }
        }
        return deepest;
    }

    /// <summary>Joint angles with the wrist at (x, y) and the peg along the slot.</summary>
    private static double[] Pose(double x, double y)
    {
        const double Upper = 0.22, Fore = 0.2;
        var squared = x * x + y * y;
        var elbow = -Math.Acos(Math.Clamp((squared - Upper * Upper - Fore * Fore) / (2 * Upper * Fore), -1, 1));
        var shoulder = Math.Atan2(y, x) - Math.Atan2(Fore * Math.Sin(elbow), Upper + Fore * Math.Cos(elbow));
        return [shoulder, elbow, Math.PI / 2 - shoulder - elbow];
    }
}
