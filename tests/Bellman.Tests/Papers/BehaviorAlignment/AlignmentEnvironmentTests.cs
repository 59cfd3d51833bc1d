using Bellman.Algorithms.Linear;
using Bellman.Environments;
using Bellman.Environments.AuxiliaryRewards;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Papers.BehaviorAlignment;

/// <summary>The tasks with two rewards, and the features that describe their states.</summary>
public sealed class AlignmentEnvironmentTests
{
    [Fact]
    public void Going_right_from_the_start_earns_the_published_numbers()
    {
        var grid = new AlignmentGrid(new AlignmentGridOptions());
        grid.Reset();
        // A stream whose first draw is not below 0.1: no noise.
        var random = RandomStream.Create(2);
        Assert.True(RandomStream.Create(2).NextDouble() >= 0.1);
        var (observation, result) = grid.Take(random, 1);
        Play.Near([0.305, 0.125], observation);
        Play.Near(-0.1, result.Reward);
        Play.Near(-1.667950, grid.AuxiliaryReward);
        Assert.Equal(-0.1, grid.PrimaryReward);
        var good2 = new AlignmentGrid(new AlignmentGridOptions { Auxiliary = GridAuxiliary.Good2 });
        good2.Reset();
        good2.Take(RandomStream.Create(2), 1);
        // The vertical part is (0.125 - 0.87)² in place of (0.75 - 0.87)² in each of four moves.
        Play.Near(-1.667950 - 4 * (0.745 * 0.745 - 0.12 * 0.12), good2.AuxiliaryReward);
    }

    [Fact]
    public void A_move_out_of_the_square_is_not_made_and_ends_the_action()
    {
        var grid = new AlignmentGrid(new AlignmentGridOptions()).In(("x", 0.98), ("y", 0.5));
        var (observation, _) = grid.Take(RandomStream.Create(2), 1);
        Play.Near([0.98, 0.5], observation);
        Assert.Equal(0, grid.AuxiliaryReward);
    }

    [Theory]
    [InlineData(GridAuxiliary.Bad, RewardChoice.Sum, 99.9)]
    [InlineData(GridAuxiliary.Bad, RewardChoice.Auxiliary, 0)]
    public void Goal_pays_once_ends_the_episode_and_takes_the_misleading_bonus_away(GridAuxiliary auxiliary, RewardChoice paid, double expected)
    {
        var grid = new AlignmentGrid(new AlignmentGridOptions { Auxiliary = auxiliary, Reward = paid }).In(("x", 0.74), ("y", 0.8));
        var (observation, result) = grid.Take(RandomStream.Create(2), 1);
        Assert.True(result.Terminated);
        Play.Near(0.785, observation[0], 1e-6);
        Play.Near(expected, result.Reward);
        Assert.Equal((99.9, 0.0), (grid.PrimaryReward, grid.AuxiliaryReward));
    }

    [Fact]
    public void The_middle_pays_the_misleading_bonus_for_each_move_in_it()
    {
        var grid = new AlignmentGrid(new AlignmentGridOptions { Auxiliary = GridAuxiliary.Bad }).In(("x", 0.41), ("y", 0.5));
        grid.Take(RandomStream.Create(2), 1);
        Assert.Equal(200, grid.AuxiliaryReward);
        grid.In(("x", 0.5), ("y", 0.5)).Take(RandomStream.Create(2), 1);
        Assert.Equal(100, grid.AuxiliaryReward);
    }

    [Fact]
    public void One_action_in_ten_is_replaced_by_a_random_one()
    {
        var (grid, random) = (new AlignmentGrid(new AlignmentGridOptions()), RandomStream.Create(7));
        var other = 0;
        for (var i = 0; i < 20_000; i++)
        {
            grid.Reset();
            if (Math.Abs(grid.Take(random, 1).Observation[0] - 0.305) > 1e-3) { other++; }
        }
        // 0.1 x 3/4
        Assert.InRange(other / 20_000.0, 0.069, 0.081);
    }

    [Fact]
    public void Controller_follows_the_angle_and_its_change()
    {
        Assert.Equal(1, AlignmentCartPole.Controller(0.05, 0));
        Assert.Equal(0, AlignmentCartPole.Controller(0.04, 0.05));
        Assert.Equal(0, AlignmentCartPole.Controller(0, 0));
    }

    [Theory]
    [InlineData(ControllerAuxiliary.Good, 5, -1)]
    [InlineData(ControllerAuxiliary.Bad, -5, 1)]
    public void Agreement_with_the_controller_is_paid_until_the_pole_falls(ControllerAuxiliary kind, double agreeing, double disagreeing)
    {
        foreach (var (action, expected) in new[] { (1f, agreeing), (0f, disagreeing) })
        {
            var pole = new AlignmentCartPole(new AlignmentCartPoleOptions { Auxiliary = kind });
            pole.Reset();
            pole.In(("angle", 0.05), ("inner/theta", 0.05));
            Assert.Equal(1, pole.Take(action).Result.Reward);
            Assert.Equal(expected, pole.AuxiliaryReward);
        }
        var falling = new AlignmentCartPole(new AlignmentCartPoleOptions { Auxiliary = kind });
        falling.Reset();
        falling.In(("angle", 0.2), ("inner/theta", 0.2), ("inner/thetaDot", 3));
        Assert.True(falling.Take(1).Result.Terminated);
        Assert.Equal((1.0, 0.0), (falling.PrimaryReward, falling.AuxiliaryReward));
    }

    [Fact]
    public void The_car_is_paid_at_the_flag_alone_and_guided_by_direction_or_speed()
    {
        var car = new AlignmentMountainCar(new AlignmentMountainCarOptions());
        car.Reset();
        car.In(("velocity", -0.02), ("inner/velocity", -0.02), ("inner/position", -0.5));
        Assert.Equal(0, car.Take(0).Result.Reward);
        Assert.Equal(1, car.AuxiliaryReward);
        car.Take(2);
        Assert.Equal(-1, car.AuxiliaryReward);
        car.In(("velocity", 0.06), ("inner/velocity", 0.06), ("inner/position", 0.47));
        var (_, result) = car.Take(2);
        Assert.True(result.Terminated);
        Assert.Equal(1, result.Reward);
        var speed = new AlignmentMountainCar(new AlignmentMountainCarOptions { Auxiliary = SwingAuxiliary.Speed });
        speed.Reset();
        var (observation, _) = speed.Take(2);
        Play.Near(10 * Math.Abs(observation[1]), speed.AuxiliaryReward);
        Assert.True(speed.AuxiliaryReward > 0);
    }

    [Fact]
    public void Fourier_features_are_cosines_of_all_frequencies()
    {
        var basis = new FourierBasis([-1, 0], [1, 2], 1);
        Assert.Equal(4, basis.Count);
        var features = new double[4];
        basis.Write([0.5f, 0.5f], features);
        // s~ = (0.75, 0.25); frequencies (0,0), (1,0), (0,1), (1,1)
        Play.Near([1, Math.Cos(0.75 * Math.PI), Math.Cos(0.25 * Math.PI), -1], features);
        basis.Write([9f, -9f], features);
        Play.Near([1, -1, 1, -1], features);
        Assert.Equal(16, new FourierBasis([0, 0], [1, 1], 3).Count);
    }

    [Fact]
    public void One_tile_of_each_tiling_holds_a_state()
    {
        var tiles = new TileCoding([0, 0], [1, 1], 4, 5);
        Assert.Equal(5 * 25, tiles.Count);
        var features = new double[tiles.Count];
        foreach (var place in new[] { 0f, 0.3f, 0.99f, 1f })
        {
            tiles.Write([place, 1 - place], features);
            Assert.Equal(5, features.Sum());
            for (var tiling = 0; tiling < 5; tiling++) { Assert.Equal(1, features.Skip(25 * tiling).Take(25).Sum()); }
        }
        // 0.2 and 0.3 are told apart by the tiling that is not moved, 0.26 and 0.27 by none.
        double[] Of(float x)
        {
            tiles.Write([x, 0], features);
            return [.. features];
        }
        Assert.NotEqual(Of(0.2f), Of(0.3f));
        Assert.Equal(Of(0.26f), Of(0.27f));
    }

    [Fact]
    public void Boxes_that_features_cannot_lie_over_are_refused()
    {
        Assert.Contains("finite bounds", Assert.Throws<UsageException>(() => new FourierBasis([0], [float.PositiveInfinity], 3)).Message);
        Assert.Contains("order", Assert.Throws<UsageException>(() => new FourierBasis([0], [1], -1)).Message);
        Assert.Contains("more than", Assert.Throws<UsageException>(() => new FourierBasis(new float[9], [1, 1, 1, 1, 1, 1, 1, 1, 1], 20)).Message);
        Assert.Contains("at least 1", Assert.Throws<UsageException>(() => new TileCoding([0], [1], 0, 1)).Message);
        Assert.Contains("auxiliary", Assert.Throws<UsageException>(() => StandardEnvironments.Registry().Make("AlignmentGrid-v0?auxiliary=ugly")).Message);
    }
}
