using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>What a value network says of the return that follows an action.</summary>
public enum ReturnKind
{
    /// <summary>Its mean.</summary>
    Mean,

    /// <summary>A probability for each of fixed returns (C51).</summary>
    Categorical,

    /// <summary>Quantiles at fixed probabilities (QR-DQN).</summary>
    Quantile,

    /// <summary>Quantiles at probabilities drawn for each pass, which the network reads (IQN).</summary>
    Implicit,
}

/// <summary>
/// How the numbers that a network writes for one action are read as a return, and how they are moved towards
/// r + d Z, with Z the return model of the next state's action and d its discount (0 after a terminal step).
/// </summary>
public abstract class ReturnModel
{
    /// <summary>Numbers a network writes for one action.</summary>
    public abstract int Width { get; }

    /// <summary>How the values of <paramref name="actions"/> actions are read, for export.</summary>
    public abstract PolicyReadout Readout(int actions);

    /// <summary>The expected return.</summary>
    /// <param name="outputs">[<see cref="Width"/>].</param>
    public abstract float Mean(ReadOnlySpan<float> outputs);

    /// <summary>The loss of a prediction, its gradient, and the error that priorities follow. The target is held fixed.</summary>
    /// <param name="predicted">[<see cref="Width"/>], of the action that was taken.</param>
    /// <param name="reward">r.</param>
    /// <param name="discount">d: gamma^k, or 0 after a terminal step.</param>
    /// <param name="next">[<see cref="Width"/>], of the action chosen in the next state.</param>
    /// <param name="gradient">[<see cref="Width"/>], written.</param>
    public abstract (double Loss, double Error) Learn(ReadOnlySpan<float> predicted, double reward, double discount, ReadOnlySpan<float> next, Span<float> gradient);

    /// <summary>The model that <paramref name="options"/> ask for, of what <paramref name="network"/> writes.</summary>
    public static ReturnModel For(DqnOptions options, INetwork? network = null) => options.Returns switch
    {
        ReturnKind.Categorical => new CategoricalReturn(options.MinimumReturn, options.MaximumReturn, options.Atoms),
        ReturnKind.Quantile or ReturnKind.Implicit => network is IQuantileNetwork implicitNetwork
            ? new QuantileReturn(implicitNetwork.Probabilities, options.HuberThreshold)
            : new QuantileReturn(options.Quantiles, options.HuberThreshold),
        _ => new MeanReturn(options.HuberThreshold),
    };

    /// <summary>Numbers per action that <paramref name="options"/> ask for.</summary>
    public static int WidthOf(DqnOptions options) => options.Returns switch
    {
        ReturnKind.Categorical => options.Atoms,
        ReturnKind.Quantile or ReturnKind.Implicit => options.Quantiles,
        _ => 1,
    };

    /// <summary>Writes the expected return of every action.</summary>
    /// <param name="outputs">[actions, <see cref="Width"/>].</param>
    /// <param name="means">[actions], written.</param>
    public void Means(ReadOnlySpan<float> outputs, Span<float> means)
    {
        for (var action = 0; action < means.Length; action++) { means[action] = Mean(outputs.Slice(action * Width, Width)); }
    }
}

/// <summary>The mean alone, as DQN learns it: Huber loss of r + d q' - q.</summary>
/// <param name="threshold">kappa, where the loss turns from quadratic to linear.</param>
public sealed class MeanReturn(double threshold = 1) : ReturnModel
{
    /// <inheritdoc/>
    public override int Width => 1;

    /// <inheritdoc/>
    public override PolicyReadout Readout(int actions) => new ValueReadout(actions);

    /// <inheritdoc/>
    public override float Mean(ReadOnlySpan<float> outputs) => outputs[0];

    /// <inheritdoc/>
    public override (double Loss, double Error) Learn(ReadOnlySpan<float> predicted, double reward, double discount, ReadOnlySpan<float> next, Span<float> gradient)
    {
        var error = predicted[0] - (reward + discount * next[0]);
        var (loss, derivative) = TemporalDifference.Huber(error, threshold);
        gradient[0] = (float)derivative;
        return (loss, error);
    }
}
