using Xunit;

namespace Bellman.Tests.Runs;

public sealed class ScheduleTests
{
    [Theory] // F57
    [InlineData(0, 0)]
    [InlineData(5, 0.5e-3)]
    [InlineData(10, 1e-3)]
    [InlineData(55, 0.55e-3)]
    [InlineData(100, 0.1e-3)]
    [InlineData(500, 0.1e-3)]
    public void Cosine_rises_in_a_line_and_falls_along_half_a_cosine(long step, double expected) =>
        Assert.Equal(expected, new CosineSchedule(1e-3, 1e-4, 10, 100).Value(step), 1e-12);

    [Theory] // F63
    [InlineData(0.4, 1, 100, 25, 0.55)]
    [InlineData(1, 0.05, 100, 40, 0.62)]
    [InlineData(1, 0.05, 100, 1000, 0.05)]
    public void Linear_goes_from_start_to_end_and_stays(double start, double end, long steps, long step, double expected) =>
        Assert.Equal(expected, new LinearSchedule(start, end, steps).Value(step), 1e-12);

    [Fact]
    public void Constant_stays() => Assert.Equal(0.3, new ConstantSchedule(0.3).Value(99));

    [Theory]
    [InlineData(0, 8)]
    [InlineData(10, 4)]
    [InlineData(15, 2.8284271247461903)]
    [InlineData(1000, 1)]
    public void Exponential_multiplies_down_to_its_minimum(long step, double expected) =>
        Assert.Equal(expected, new ExponentialSchedule(8, 0.5, 10, 1).Value(step), 1e-12);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(10, 1)]
    [InlineData(15, 2)]
    [InlineData(20, 3)]
    [InlineData(40, 2)]
    [InlineData(99, 1)]
    public void Piecewise_runs_straight_between_its_points(long step, double expected) =>
        Assert.Equal(expected, new PiecewiseLinearSchedule((10, 1), (20, 3), (60, 1)).Value(step), 1e-12);

    [Fact]
    public void Impossible_schedules_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinearSchedule(1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CosineSchedule(1, 0, 10, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExponentialSchedule(1, 0, 10));
        Assert.Throws<ArgumentException>(() => new PiecewiseLinearSchedule());
        Assert.Throws<ArgumentException>(() => new PiecewiseLinearSchedule((5, 1), (5, 2)));
    }
}
