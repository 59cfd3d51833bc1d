using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter 2019) over named tensors, with the gradient clipped by its global
/// norm: p &lt;- p - lr wd p, then the bias-corrected step with epsilon outside the root.
/// </summary>
public sealed class TensorAdam : IStateful, IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;

    private readonly IReadOnlyList<NamedTensor> parameters;
    private readonly Tensor[] first;
    private readonly Tensor[] second;
    private readonly double weightDecay;
    private long steps;

    /// <summary>An optimiser of <paramref name="parameters"/>.</summary>
    public TensorAdam(IReadOnlyList<NamedTensor> parameters, double weightDecay = 0)
    {
        this.parameters = parameters;
        this.weightDecay = weightDecay;
        using var withoutGradients = no_grad();
        first = [.. parameters.Select(parameter => zeros_like(parameter.Value, ScalarType.Float32).requires_grad_(false).DetachFromDisposeScope())];
        second = [.. parameters.Select(parameter => zeros_like(parameter.Value, ScalarType.Float32).requires_grad_(false).DetachFromDisposeScope())];
    }

    /// <summary>Steps taken.</summary>
    public long Steps => steps;

    /// <summary>Forgets the gradients.</summary>
    public void ZeroGradients()
    {
        foreach (var parameter in parameters) { if (parameter.Value.grad is { } gradient) { gradient.zero_(); } }
    }

    /// <summary>The global norm of the gradients.</summary>
    public double GradientNorm()
    {
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        var squares = parameters.Select(parameter => parameter.Value.grad).OfType<Tensor>().Select(gradient => gradient.to(ScalarType.Float32).square().sum(ScalarType.Float64)).ToList();
        return squares.Count == 0 ? 0 : Math.Sqrt(squares.Sum(square => square.ToDouble()));
    }

    /// <summary>One step; nothing happens when the gradient is not finite.</summary>
    /// <param name="learningRate">The step size.</param>
    /// <param name="maximumNorm">Longer gradients are scaled down to it.</param>
    /// <returns>The gradient's norm before clipping.</returns>
    public double Step(double learningRate, double maximumNorm = double.PositiveInfinity)
    {
        var norm = GradientNorm();
        if (!double.IsFinite(norm)) { return norm; }
        steps++;
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        var scale = norm > maximumNorm ? maximumNorm / (norm + 1e-6) : 1;
        var stepSize = learningRate / (1 - Math.Pow(Beta1, steps));
        var correction = Math.Sqrt(1 - Math.Pow(Beta2, steps));
        for (var i = 0; i < parameters.Count; i++)
        {
            if (parameters[i].Value.grad is not { } gradient) { continue; }
            var value = parameters[i].Value;
            var g = gradient.to(ScalarType.Float32);
            if (scale != 1) { g = g * scale; }
            first[i].mul_(Beta1).add_(g, alpha: 1 - Beta1);
            second[i].mul_(Beta2).addcmul_(g, g, 1 - Beta2);
            if (weightDecay > 0) { value.mul_(1 - learningRate * weightDecay); }
            // p <- p - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
            value.addcdiv_(first[i], second[i].sqrt().div_(correction).add_(Epsilon), -stepSize);
        }
        return norm;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        for (var i = 0; i < parameters.Count; i++)
        {
            TensorState.Exchange(state, $"first.{parameters[i].Name}", first[i]);
            TensorState.Exchange(state, $"second.{parameters[i].Name}", second[i]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var moment in first.Concat(second)) { moment.Dispose(); }
    }
}
