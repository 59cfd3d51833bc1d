using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// EDAC's term (An et al. 2021, "Uncertainty-based offline reinforcement learning with diversified Q-ensemble", eq. 4): how much the critics'
/// gradients in the action point the same way, L = mean over rows of Σ_{i≠j} ⟨u_i, u_j⟩ / (N - 1), u_j = g_j/(‖g_j‖ + 1e-10) and
/// g_j = ∂Q_j(s, a)/∂a, each critic with the action as an input of its own. Its gradient is exact, of second order.
/// </summary>
public sealed class CriticDiversity
{
    private const double Smallest = 1e-10;

    private readonly MlpInputGradients[] critics;
    private readonly int actionSize;
    private float[][] gradients;

    /// <summary>Of the networks <c>q1</c> to <c>qN</c> in one buffer.</summary>
    /// <param name="count">N, at least 2.</param>
    /// <param name="mlp">Their shape; inputs are observation and action side by side.</param>
    /// <param name="actionSize">Numbers of an action, the last of the inputs.</param>
    /// <param name="parameters">Where their parameters are.</param>
    public CriticDiversity(int count, MlpSpecification mlp, int actionSize, ParameterBuffer parameters)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        this.actionSize = actionSize;
        critics = [.. Enumerable.Range(1, count).Select(index => new MlpInputGradients($"q{index}", mlp, parameters))];
        gradients = [.. critics.Select(_ => Array.Empty<float>())];
    }

    /// <summary>Returns L and adds <paramref name="weight"/> times its gradient to the parameters'.</summary>
    /// <param name="inputs">[rows, observation and action].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="weight">η.</param>
    public double AddGradients(ReadOnlySpan<float> inputs, int rows, double weight)
    {
        var width = inputs.Length / rows;
        if (gradients[0].Length != inputs.Length) { gradients = [.. critics.Select(_ => new float[rows * width])]; }
        for (var j = 0; j < critics.Length; j++) { critics[j].Compute(inputs, rows, gradients[j]); }
        var loss = 0.0;
        for (var row = 0; row < rows; row++) { loss += OfRow(row * width, width, weight / rows); }
        for (var j = 0; j < critics.Length; j++) { critics[j].AddParameterGradients(gradients[j]); }
        return loss / rows;
    }

    /// <summary>Σ_{i≠j} ⟨u_i, u_j⟩ / (N - 1) of gradients [critics, action size].</summary>
    public static double OfGradients(ReadOnlySpan<float> gradients, int critics)
    {
        var size = gradients.Length / critics;
        double together = 0, alone = 0;
        for (var k = 0; k < size; k++)
        {
            var sum = 0.0;
            for (var j = 0; j < critics; j++)
            {
                var unit = gradients[j * size + k] / (Norm(gradients.Slice(j * size, size)) + Smallest);
                sum += unit;
                alone += unit * unit;
            }
            together += sum * sum;
        }
        return (together - alone) / (critics - 1);
    }

    /// <summary>Returns a row's share of the loss and writes ∂(weight L)/∂g over g: zero for the observation's part.</summary>
    private double OfRow(int start, int width, double weight)
    {
        Span<float> own = stackalloc float[critics.Length * actionSize];
        for (var j = 0; j < critics.Length; j++) { gradients[j].AsSpan(start + width - actionSize, actionSize).CopyTo(own[(j * actionSize)..]); }
        var loss = OfGradients(own, critics.Length);
        Span<double> sum = stackalloc double[actionSize];
        sum.Clear();
        for (var j = 0; j < critics.Length; j++)
        {
            var scale = Norm(own.Slice(j * actionSize, actionSize)) + Smallest;
            for (var k = 0; k < actionSize; k++) { sum[k] += own[j * actionSize + k] / scale; }
        }
        for (var j = 0; j < critics.Length; j++)
        {
            var g = own.Slice(j * actionSize, actionSize);
            var norm = Norm(g);
            var scale = norm + Smallest;
            // w = ∂L/∂u_j = 2 (Σ u - u_j)/(N - 1);  ∂L/∂g_j = w/(n + ε) - g (g·w)/(n (n + ε)²)
            var along = 0.0;
            for (var k = 0; k < actionSize; k++) { along += g[k] * 2 * (sum[k] - g[k] / scale) / (critics.Length - 1); }
            var written = gradients[j].AsSpan(start, width);
            written.Clear();
            for (var k = 0; k < actionSize; k++)
            {
                var w = 2 * (sum[k] - g[k] / scale) / (critics.Length - 1);
                written[width - actionSize + k] = norm > 0 ? (float)(weight * (w / scale - g[k] * along / (norm * scale * scale))) : 0;
            }
        }
        return loss;
    }

    private static double Norm(ReadOnlySpan<float> vector)
    {
        var squares = 0.0;
        foreach (var value in vector) { squares += (double)value * value; }
        return Math.Sqrt(squares);
    }
}
