namespace Bellman.Papers.BehaviorAlignment;

/// <summary>A rule that turns gradients into steps.</summary>
public enum StepRule
{
    /// <summary>RMSprop without momentum: v ← 0.99 v + 0.01 g², x ← x + η g / (√v + 1e-8).</summary>
    RmsProp,

    /// <summary>Adam with 0.9, 0.999 and 1e-8.</summary>
    Adam,

    /// <summary>x ← x + η g.</summary>
    Sgd,
}

/// <summary>Climbs a gradient with a rule; its moments are state.</summary>
internal sealed class Ascent(StepRule rule, double learningRate, int size) : IStateful
{
    private const double Epsilon = 1e-8;
    private const double RmsDecay = 0.99;
    private const double MeanDecay = 0.9;
    private const double SquareDecay = 0.999;

    private readonly double[] means = new double[rule == StepRule.Adam ? size : 0];
    private readonly double[] squares = new double[rule == StepRule.Sgd ? 0 : size];
    private long steps;

    /// <summary>One step upwards.</summary>
    public void Step(Span<double> parameters, ReadOnlySpan<double> gradient)
    {
        steps++;
        for (var i = 0; i < parameters.Length; i++)
        {
            var g = gradient[i];
            parameters[i] += learningRate * rule switch
            {
                StepRule.RmsProp => g / (Math.Sqrt(squares[i] = RmsDecay * squares[i] + (1 - RmsDecay) * g * g) + Epsilon),
                StepRule.Adam => Adam(i, g),
                _ => g,
            };
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Array<double>(nameof(means), means);
        state.Array<double>(nameof(squares), squares);
    }

    private double Adam(int i, double g)
    {
        means[i] = MeanDecay * means[i] + (1 - MeanDecay) * g;
        squares[i] = SquareDecay * squares[i] + (1 - SquareDecay) * g * g;
        var mean = means[i] / (1 - Math.Pow(MeanDecay, steps));
        var square = squares[i] / (1 - Math.Pow(SquareDecay, steps));
        return mean / (Math.Sqrt(square) + Epsilon);
    }
}
