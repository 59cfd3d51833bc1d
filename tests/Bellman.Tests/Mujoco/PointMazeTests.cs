using Bellman.Mujoco;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Mujoco;

public class PointMazeTests
{
    public PointMazeTests() => MujocoRequired.OrSkip();

    [Fact]
    public void The_ball_gains_speed_by_its_motor_and_loses_it_by_friction()
    {
        using var maze = new PointMaze();
        maze.Reset();
        maze.SetState([-1, 1], [0, 0], new float[8]);
        // Two steps of v <- (v + 10 a dt) / (1 + 2 dt), dt = 0.01.
        var once = 0.1 / 1.02;
        Play.Near((once + 0.1) / 1.02, maze.Take(1, 0).Observation[2], 1e-7);
    }

    [Fact]
    public void Walls_stop_the_ball()
    {
        using var maze = new PointMaze();
        maze.Reset();
        // In the upper corridor of the U; below it is a wall whose face is at y = 0.5.
        maze.SetState([-1, 1], [0, 0], new float[8]);
        var lowest = 1f;
        for (var step = 0; step < 200; step++) { lowest = Math.Min(lowest, maze.Take(0, -1).Observation[1]); }
        Assert.InRange(lowest, 0.5f, 0.625f);
        Assert.InRange(maze.Take(0, -1).Observation[3], -0.05f, 0.05f);
    }

    [Fact]
    public void A_goal_is_reached_within_its_radius_and_the_same_is_judged_afterwards()
    {
        using var maze = new PointMaze();
        Assert.Equal(new StepResult(1, Terminated: true), maze.Judge([0, 0], [0.26f, 0.36f]));
        Assert.Equal(new StepResult(0), maze.Judge([0, 0], [0.28f, 0.36f]));
        using var dense = new PointMaze(MazeMap.U, new PointMazeOptions { Reward = MazeReward.Dense, Continuing = true });
        Assert.Equal(new StepResult(1), dense.Judge([2, 1], [2, 1]));
        Play.Near(Math.Exp(-5), dense.Judge([0, 0], [3, 4]).Reward, 1e-12);

        var random = RandomStream.Create(3);
        var observation = maze.Reset(random);
        maze.SetState([observation[6], observation[7]], [0, 0], observation);
        var (after, result) = maze.Take(random, 0, 0);
        Assert.Equal(new StepResult(1, Terminated: true), result);
        Assert.Equal(after[..2], after[4..6]);
    }

    [Fact]
    public void Start_and_goal_lie_in_different_free_cells()
    {
        using var maze = new PointMaze(MazeMap.Medium, new PointMazeOptions());
        var random = RandomStream.Create(1);
        var starts = new HashSet<(double, double)>();
        for (var episode = 0; episode < 300; episode++)
        {
            var observation = maze.Reset(random);
            var (start, goal) = (Cell(observation[0], observation[1]), Cell(observation[6], observation[7]));
            Assert.NotEqual(start, goal);
            starts.Add(start);
        }
        Assert.Equal(MazeMap.Medium.Free.Count, starts.Count);

        static (double, double) Cell(double x, double y) =>
            MazeMap.Medium.Free.Single(cell => Math.Abs(cell.X - x) <= PointMaze.PlaceNoise + 1e-6 && Math.Abs(cell.Y - y) <= PointMaze.PlaceNoise + 1e-6);
    }

    [Fact]
    public void Every_free_cell_can_be_reached()
    {
        foreach (var map in (MazeMap[])[MazeMap.U, MazeMap.Medium, MazeMap.Large])
        {
            var reached = new HashSet<(double X, double Y)> { map.Free[0] };
            var open = new Queue<(double X, double Y)>(reached);
            while (open.TryDequeue(out var cell))
            {
                foreach (var next in map.Free.Where(other => Math.Abs(other.X - cell.X) + Math.Abs(other.Y - cell.Y) == 1 && reached.Add(other))) { open.Enqueue(next); }
            }
            Assert.Equal(map.Free.Count, reached.Count);
        }
    }

    [Theory]
    [InlineData("one length", "###", "#.#", "##")]
    [InlineData("one length", "###", "#x#", "###")]
    [InlineData("border", "####", "#...", "####")]
    [InlineData("two free cells", "###", "#.#", "###")]
    public void A_map_that_cannot_be_played_is_refused(string says, params string[] rows) =>
        Assert.Contains(says, Assert.Throws<UsageException>(() => new MazeMap(rows)).Message, StringComparison.Ordinal);
}
