using Bellman.Neural;
using static TorchSharp.torch;

namespace Bellman.Algorithms.Bilevel;

/// <summary>
/// A bi-level problem of any two objectives written in torch: gradients, Hessian-vector products and the mixed derivative are taken by
/// differentiating twice. For rewards, hyper-parameters, weights of data or of tasks. In double precision.
/// </summary>
/// <remarks>Use it in a dispose scope, one thread at a time.</remarks>
public sealed class TorchBilevelProblem : IBilevelProblem
{
    private readonly Tensor theta;
    private readonly Tensor phi;
    private readonly Tensor outer;
    private readonly Tensor gradient;

    /// <summary>The problem at one point.</summary>
    /// <param name="inner">J_inner of θ and φ, a scalar made of operations that torch can differentiate twice.</param>
    /// <param name="outer">J_outer of θ and φ, a scalar.</param>
    /// <param name="theta">θ.</param>
    /// <param name="phi">φ.</param>
    public TorchBilevelProblem(Func<Tensor, Tensor, Tensor> inner, Func<Tensor, Tensor, Tensor> outer, ReadOnlySpan<double> theta, ReadOnlySpan<double> phi)
    {
        TorchRuntime.EnsureLoaded();
        (InnerParameters, OuterParameters) = (theta.Length, phi.Length);
        this.theta = tensor(theta.ToArray(), dtype: ScalarType.Float64).requires_grad_();
        this.phi = tensor(phi.ToArray(), dtype: ScalarType.Float64).requires_grad_();
        this.outer = outer(this.theta, this.phi);
        gradient = autograd.grad([inner(this.theta, this.phi)], [this.theta], retain_graph: true, create_graph: true)[0];
    }

    /// <inheritdoc/>
    public int InnerParameters { get; }

    /// <inheritdoc/>
    public int OuterParameters { get; }

    /// <inheritdoc/>
    public void OuterGradient(Span<double> v) => Write(outer, theta, v);

    /// <inheritdoc/>
    public void HessianVector(ReadOnlySpan<double> p, Span<double> product) => Write(Along(p), theta, product);

    /// <inheritdoc/>
    public void CrossGradient(ReadOnlySpan<double> q, Span<double> gradient) => Write(Along(q), phi, gradient);

    /// <inheritdoc/>
    public void DirectGradient(Span<double> gradient) => Write(outer, phi, gradient);

    private Tensor Along(ReadOnlySpan<double> direction) => (gradient * tensor(direction.ToArray(), dtype: ScalarType.Float64)).sum();

    /// <summary>The derivative of a scalar; nothing where it does not depend on what it is taken of.</summary>
    private static void Write(Tensor scalar, Tensor of, Span<double> destination)
    {
        destination.Clear();
        if (!scalar.requires_grad) { return; }
        var derivative = autograd.grad([scalar], [of], retain_graph: true, allow_unused: true)[0];
        if (derivative is not null && !derivative.IsInvalid) { derivative.data<double>().ToArray().CopyTo(destination); }
    }
}
