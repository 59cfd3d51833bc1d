using System.ComponentModel;
using System.Globalization;

namespace Bellman.Environments.AuxiliaryRewards;

/// <summary>A designer's idea of what helps on the way to the goal.</summary>
public enum GridAuxiliary
{
    /// <summary>Minus the squared distance to the goal, whose vertical part is constant by a mistake of the published program.</summary>
    Good,

    /// <summary>Minus the squared distance to the goal.</summary>
    Good2,

    /// <summary>A bonus in the middle of the square, off the goal: it misleads.</summary>
    Bad,
}

/// <summary>Options of <c>AlignmentGrid-v0</c>.</summary>
public sealed record AlignmentGridOptions : AuxiliaryRewardOptions
{
    /// <summary>Which auxiliary reward.</summary>
    [Description("auxiliary reward: good and good2 lead to the goal, bad pays for staying in the middle")]
    public GridAuxiliary Auxiliary { get; init; }
}

/// <summary>
/// <c>AlignmentGrid-v0</c>: walk the unit square from a corner to the goal (Gupta et al. 2023, GridWorld). Observed is the place; actions are
/// 0 up, 1 right, 2 down, 3 left, each four moves of 0.045, replaced by a random one in one of ten cases. Primary reward -0.1 an action and
/// 100 at the goal [0.75, 0.99]², which ends the episode.
/// </summary>
public sealed class AlignmentGrid : IEnvironment, IAuxiliaryReward, IRenderable
{
    private const int Moves = 4;
    private const double Stride = 0.045;
    private const double Noise = 0.1;
    private const double Start = 0.125;
    private const double ActionReward = -0.1;
    private const double GoalReward = 100;
    private const double Target = 0.87;
    // In place of y in the published program.
    private const double ConstantRow = 0.75;
    private const double Bonus = 50;

    private static readonly (double Low, double High) Goal = (0.75, 0.99);
    private static readonly (double Low, double High) Centre = (0.4, 0.6);
    private static readonly (double X, double Y)[] Directions = [(0, 1), (1, 0), (0, -1), (-1, 0)];

    private readonly AlignmentGridOptions options;
    private double x = Start;
    private double y = Start;

    /// <summary>A square with an auxiliary reward.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public AlignmentGrid(AlignmentGridOptions options) => this.options = OptionSet.Validated(options, "environment AlignmentGrid-v0");

    /// <inheritdoc/>
    public Space ObservationSpace { get; } = new Box(0, 1, 2);

    /// <inheritdoc/>
    public Space ActionSpace { get; } = new Discrete(4);

    /// <inheritdoc/>
    public double PrimaryReward { get; private set; }

    /// <inheritdoc/>
    public double AuxiliaryReward { get; private set; }

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        (x, y, PrimaryReward, AuxiliaryReward) = (Start, Start, 0, 0);
        Write(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var chosen = random.NextBoolean(Noise) ? random.NextInt32(Directions.Length) : (int)action[0];
        var (across, up) = Directions[chosen];
        (PrimaryReward, AuxiliaryReward) = (ActionReward, 0);
        var atGoal = false;
        for (var move = 0; move < Moves && !atGoal; move++)
        {
            var (nextX, nextY) = (x + Stride * across, y + Stride * up);
            if (nextX is < 0 or > 1 || nextY is < 0 or > 1) { break; }
            (x, y) = (nextX, nextY);
            AuxiliaryReward += Auxiliary();
            atGoal = Inside(Goal);
        }
        if (atGoal)
        {
            PrimaryReward += GoalReward;
            if (options.Auxiliary == GridAuxiliary.Bad) { AuxiliaryReward = 0; }
        }
        Write(observation);
        return new StepResult(options.Of(PrimaryReward, AuxiliaryReward), Terminated: atGoal);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(x), ref x);
        state.Value(nameof(y), ref y);
        RestoredState.RequireWithin(state, nameof(x), x, 0, 1);
        RestoredState.RequireWithin(state, nameof(y), y, 0, 1);
    }

    /// <inheritdoc/>
    public string RenderText() => string.Create(CultureInfo.InvariantCulture, $"place {x:0.000}, {y:0.000}\nprimary {PrimaryReward:0.00}  auxiliary {AuxiliaryReward:0.00}\n");

    /// <inheritdoc/>
    public RgbImage RenderImage()
    {
        const double Size = 400;
        var canvas = new Canvas((int)Size, (int)Size, Palette.Background);
        void Square((double Low, double High) side, Rgb colour) => canvas.Rectangle(side.Low * Size, (1 - side.High) * Size, (side.High - side.Low) * Size, (side.High - side.Low) * Size, colour);
        Square(Goal, Palette.Green);
        if (options.Auxiliary == GridAuxiliary.Bad) { Square(Centre, Palette.Yellow); }
        canvas.Disc(x * Size, (1 - y) * Size, 9, Palette.Blue);
        return canvas.Image;
    }

    private double Auxiliary() => options.Auxiliary switch
    {
        GridAuxiliary.Good => -(Square(x - Target) + Square(ConstantRow - Target)),
        GridAuxiliary.Good2 => -(Square(x - Target) + Square(y - Target)),
        _ => Inside(Centre) ? Bonus : 0,
    };

    private bool Inside((double Low, double High) square) => x >= square.Low && x <= square.High && y >= square.Low && y <= square.High;

    private static double Square(double value) => value * value;

    private void Write(Span<float> observation) => (observation[0], observation[1]) = ((float)x, (float)y);
}
