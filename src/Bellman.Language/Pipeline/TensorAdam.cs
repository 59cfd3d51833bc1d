using System.Runtime.InteropServices;
using Bellman.Neural;
using TorchSharp;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>Moves named tensors along their gradients, clipped by their global norm.</summary>
public abstract class TensorOptimizer : IStateful, IDisposable
{
    /// <summary>An optimiser of <paramref name="parameters"/>.</summary>
    protected TensorOptimizer(IReadOnlyList<NamedTensor> parameters) => Parameters = parameters;

    /// <summary>What is moved.</summary>
    protected IReadOnlyList<NamedTensor> Parameters { get; }

    /// <summary>Forgets the gradients.</summary>
    public void ZeroGradients()
    {
        foreach (var parameter in Parameters) { if (parameter.Value.grad is { } gradient) { gradient.zero_(); } }
    }

    /// <summary>The global norm of the gradients.</summary>
    public double GradientNorm()
    {
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        if (Parameters.All(parameter => parameter.Value.grad is not { } gradient || IsPlain(gradient)))
        {
            return Math.Sqrt(Parameters.Select(parameter => parameter.Value.grad).OfType<Tensor>().Sum(gradient => VectorKernels.Active.SumOfSquares(Numbers(gradient))));
        }
        var squares = Parameters.Select(parameter => parameter.Value.grad).OfType<Tensor>().Select(gradient => gradient.to(ScalarType.Float32).square().sum(ScalarType.Float64)).ToList();
        return squares.Count == 0 ? 0 : Math.Sqrt(squares.Sum(square => square.ToDouble()));
    }

    /// <summary>One step; nothing happens when the gradient is not finite.</summary>
    /// <param name="learningRate">The step size.</param>
    /// <param name="maximumNorm">Longer gradients are scaled down to it.</param>
    /// <returns>The gradient's norm before clipping.</returns>
    public abstract double Step(double learningRate, double maximumNorm = double.PositiveInfinity);

    /// <inheritdoc/>
    public abstract void Exchange(StateExchange state);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Whether a tensor's numbers can be read where they lie: one pass of a kernel then does a whole step.</summary>
    private protected static bool IsPlain(Tensor tensor) => tensor.device_type == DeviceType.CPU && tensor.dtype == ScalarType.Float32 && tensor.is_contiguous();

    private protected static Span<float> Numbers(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    /// <summary>The factor that brings a gradient down to the largest norm.</summary>
    private protected static double Scale(double norm, double maximumNorm) => norm > maximumNorm ? maximumNorm / (norm + 1e-6) : 1;
}

/// <summary>Plain gradient descent, p &lt;- p - lr (g + wd p): without momentum and without a scale of its own for each parameter.</summary>
public sealed class TensorSgd(IReadOnlyList<NamedTensor> parameters, double weightDecay = 0) : TensorOptimizer(parameters)
{
    /// <inheritdoc/>
    public override double Step(double learningRate, double maximumNorm = double.PositiveInfinity)
    {
        var norm = GradientNorm();
        if (!double.IsFinite(norm)) { return norm; }
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        foreach (var parameter in Parameters)
        {
            if (parameter.Value.grad is not { } gradient) { continue; }
            if (weightDecay > 0) { parameter.Value.mul_(1 - learningRate * weightDecay); }
            parameter.Value.add_(gradient.to(parameter.Value.dtype), alpha: -learningRate * Scale(norm, maximumNorm));
        }
        return norm;
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state) { }

    /// <inheritdoc/>
    public override void Dispose() { }
}

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter 2019) over named tensors, with the gradient clipped by its global
/// norm: p &lt;- p - lr wd p, then the bias-corrected step with epsilon outside the root.
/// </summary>
public sealed class TensorAdam : TensorOptimizer
{
    private const double Beta1 = 0.9;
    private const double Epsilon = 1e-8;

    private readonly Tensor[] first;
    private readonly Tensor[] second;
    private readonly double weightDecay;
    private readonly double secondMoment;
    private readonly bool[] decayed;
    private long steps;

    /// <summary>An optimiser of <paramref name="parameters"/>.</summary>
    /// <param name="parameters">What is moved.</param>
    /// <param name="weightDecay">Each step first scales parameters by 1 - learning rate x this.</param>
    /// <param name="decays">Which of them decay; null for all. See <see cref="IsProjection"/>.</param>
    /// <param name="secondMoment">beta2: how slowly the scale of each parameter's gradient is forgotten.</param>
    public TensorAdam(IReadOnlyList<NamedTensor> parameters, double weightDecay = 0, Func<NamedTensor, bool>? decays = null, double secondMoment = 0.999)
        : base(parameters)
    {
        this.weightDecay = weightDecay;
        this.secondMoment = secondMoment;
        decayed = [.. parameters.Select(parameter => decays is null || decays(parameter))];
        using var withoutGradients = no_grad();
        first = [.. parameters.Select(parameter => zeros_like(parameter.Value, ScalarType.Float32).requires_grad_(false).DetachFromDisposeScope())];
        second = [.. parameters.Select(parameter => zeros_like(parameter.Value, ScalarType.Float32).requires_grad_(false).DetachFromDisposeScope())];
    }

    /// <summary>Whether a parameter is a matrix other than an embedding: norms, biases and embeddings should not decay.</summary>
    public static bool IsProjection(NamedTensor parameter) =>
        parameter.Value.dim() > 1 && !parameter.Name.Contains("embed_tokens", StringComparison.Ordinal) && !parameter.Name.Contains("lm_head", StringComparison.Ordinal);

    /// <summary>Steps taken.</summary>
    public long Steps => steps;

    /// <inheritdoc/>
    public override double Step(double learningRate, double maximumNorm = double.PositiveInfinity)
    {
        var norm = GradientNorm();
        if (!double.IsFinite(norm)) { return norm; }
        steps++;
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        var scale = Scale(norm, maximumNorm);
        var stepSize = learningRate / (1 - Math.Pow(Beta1, steps));
        var correction = Math.Sqrt(1 - Math.Pow(secondMoment, steps));
        for (var i = 0; i < Parameters.Count; i++)
        {
            if (Parameters[i].Value.grad is not { } gradient) { continue; }
            var value = Parameters[i].Value;
            var decay = decayed[i] ? weightDecay : 0;
            if (IsPlain(value) && IsPlain(gradient))
            {
                if (scale != 1) { VectorKernels.Active.Scale(Numbers(gradient), (float)scale); }
                var step = new AdamStep((float)(1 - learningRate * decay), (float)Beta1, (float)secondMoment, (float)stepSize, (float)(1 / correction), (float)Epsilon);
                VectorKernels.Active.AdamStep(Numbers(value), Numbers(gradient), Numbers(first[i]), Numbers(second[i]), step);
                continue;
            }
            var g = gradient.to(ScalarType.Float32);
            if (scale != 1) { g = g * scale; }
            first[i].mul_(Beta1).add_(g, alpha: 1 - Beta1);
            second[i].mul_(secondMoment).addcmul_(g, g, 1 - secondMoment);
            if (decay > 0) { value.mul_(1 - learningRate * decay); }
            // p <- p - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
            value.addcdiv_(first[i], second[i].sqrt().div_(correction).add_(Epsilon), -stepSize);
        }
        return norm;
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        for (var i = 0; i < Parameters.Count; i++)
        {
            TensorState.Exchange(state, $"first.{Parameters[i].Name}", first[i]);
            TensorState.Exchange(state, $"second.{Parameters[i].Name}", second[i]);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var moment in first.Concat(second)) { moment.Dispose(); }
    }
}
