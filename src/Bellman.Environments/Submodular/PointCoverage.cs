using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Bellman.Environments.Submodular;

/// <summary>Options of <see cref="PointCoverage"/>.</summary>
public sealed record PointCoverageOptions
{
    /// <summary>Steps of an episode.</summary>
    [Description("steps of an episode")]
    [Range(1, 100_000)]
    public int Horizon { get; init; } = 100;

    /// <summary>What a visit pays.</summary>
    [Description("submodular: what the stamp adds to the area; modular: the whole area at every step, as modular RL is paid")]
    public SubmodularReward Reward { get; init; }
}

/// <summary>
/// A point with velocity in the square [-20, 20]^2 that is pushed around and stamps the cells it is over: the ant's coverage task with
/// the ant left out. Observed are position / 20 and velocity, an action is an acceleration in [-1, 1]^2, and leaving the square ends
/// the episode.
/// </summary>
public sealed class PointCoverage : IElementEnvironment, IRenderable
{
    private const double Half = 20;
    private const double TimeStep = 0.5;
    private const double Drag = 0.1;

    private readonly AreaCoverage area;
    private readonly int horizon;
    private double x, y, velocityX, velocityY;
    private int time;

    /// <summary>A point on an area.</summary>
    /// <param name="area">Names the cells.</param>
    /// <param name="horizon">Steps of an episode.</param>
    public PointCoverage(AreaCoverage area, int horizon)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(horizon, 1);
        (this.area, this.horizon) = (area, horizon);
    }

    /// <inheritdoc/>
    public Space ObservationSpace { get; } = new Box(float.NegativeInfinity, float.PositiveInfinity, 4);

    /// <inheritdoc/>
    public Space ActionSpace { get; } = new Box(-1, 1, 2);

    /// <inheritdoc/>
    public int Element => area.ElementAt(x, y) ?? -1;

    /// <summary>The task with its reward, ready for any agent.</summary>
    public static MarginalGainReward Create(PointCoverageOptions options)
    {
        OptionSet.Validated(options, "PointCoverage");
        // 40 x 40 cells keep a copy's memory small; a cell is worth what its area is.
        var area = new AreaCoverage(cells: 40, stamp: 2, weight: 1);
        return new MarginalGainReward(new PointCoverage(area, options.Horizon), area.Function, options.Reward);
    }

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        (x, y) = (random.NextUniform(-0.5, 0.5), random.NextUniform(-0.5, 0.5));
        (velocityX, velocityY, time) = (0, 0, 0);
        Write(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        // v <- (1 - drag) v + a dt,  p <- p + v dt
        velocityX = (1 - Drag) * velocityX + action[0] * TimeStep;
        velocityY = (1 - Drag) * velocityY + action[1] * TimeStep;
        (x, y) = (x + velocityX * TimeStep, y + velocityY * TimeStep);
        time++;
        Write(observation);
        return new StepResult(0, Terminated: Element < 0 || time >= horizon);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(x), ref x);
        state.Value(nameof(y), ref y);
        state.Value(nameof(velocityX), ref velocityX);
        state.Value(nameof(velocityY), ref velocityY);
        state.Value(nameof(time), ref time);
        RestoredState.RequireWithin(state, nameof(x), x, -2 * Half, 2 * Half);
        RestoredState.RequireWithin(state, nameof(y), y, -2 * Half, 2 * Half);
        RestoredState.RequireFinite(state, nameof(velocityX), velocityX);
        RestoredState.RequireFinite(state, nameof(velocityY), velocityY);
        RestoredState.RequireIndex(state, nameof(time), time, horizon + 1);
    }

    /// <inheritdoc/>
    public string RenderText() => string.Create(CultureInfo.InvariantCulture, $"step {time} of {horizon}\nposition {x:0.00}, {y:0.00}\nvelocity {velocityX:0.00}, {velocityY:0.00}\n");

    /// <inheritdoc/>
    public RgbImage RenderImage()
    {
        const double Size = 400;
        var canvas = new Canvas((int)Size, (int)Size, Palette.Background);
        canvas.Rectangle(0, Size / 2 - 0.5, Size, 1, Palette.Line);
        canvas.Rectangle(Size / 2 - 0.5, 0, 1, Size, Palette.Line);
        var (across, down) = ((x + Half) / (2 * Half) * Size, (Half - y) / (2 * Half) * Size);
        canvas.Line(across, down, across + 20 * velocityX, down - 20 * velocityY, 3, Palette.Grey);
        canvas.Disc(across, down, 8, Palette.Orange);
        return canvas.Image;
    }

    private void Write(Span<float> observation)
    {
        (observation[0], observation[1]) = ((float)(x / Half), (float)(y / Half));
        (observation[2], observation[3]) = ((float)velocityX, (float)velocityY);
    }
}

/// <summary>Registers the family.</summary>
internal static class SubmodularEnvironments
{
    public static void Register(EnvironmentRegistry registry)
    {
        registry.Register(new EnvironmentRegistration("SubmodularGrid-v0", "Walk a board for visits with diminishing returns: items, coverage, rooms, measurements.",
            arguments =>
            {
                var options = arguments.Bind<SubmodularGridOptions>();
                return SubmodularTasks.Create(options).Create(options.Reward);
            })
        {
            Options = typeof(SubmodularGridOptions),
        });
        registry.Register(new EnvironmentRegistration("PointCoverage-v0", "Push a point around a square so that it covers as much area as it can.",
            arguments => PointCoverage.Create(arguments.Bind<PointCoverageOptions>()))
        {
            Options = typeof(PointCoverageOptions),
        });
    }
}
