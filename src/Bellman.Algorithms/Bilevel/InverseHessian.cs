using Bellman.Algorithms.Linear;

namespace Bellman.Algorithms.Bilevel;

/// <summary>How an inverse was found.</summary>
/// <param name="Products">Hessian-vector products taken.</param>
/// <param name="Growth">Largest factor by which a term grew over the one before; above 1 the series does not converge.</param>
/// <param name="Residual">||H q - v|| / ||v|| where the method knows it, else NaN.</param>
public readonly record struct InverseReport(int Products, double Growth, double Residual)
{
    /// <summary>Growth of one term from which on the result means nothing.</summary>
    public const double Alarm = 10;

    /// <summary>What is wrong, in words; null if nothing is.</summary>
    public string? Warning => Growth > Alarm
        ? $"The terms of the Neumann series grow {Growth:0.#} times from one to the next: the step size times the Hessian's largest eigenvalue is beyond 1. Lower the step size, or take conjugate gradients."
        : null;
}

/// <summary>Approximates q = H⁻¹ v from products with H alone, where H is negative definite near a maximum.</summary>
public interface IInverseHessian
{
    /// <summary>Writes q.</summary>
    InverseReport Solve(IBilevelProblem problem, ReadOnlySpan<double> v, Span<double> q);
}

/// <summary>
/// -H⁻¹ ≈ a Σ_{j=0..K} (I + a H)^j (Lorraine et al. 2020): K products. No terms leave q = -a v, the first-order method. It needs
/// |1 + a h| &lt; 1 for every eigenvalue h of H, and with a small a it shortens the answer: its direction is what counts.
/// </summary>
public sealed class NeumannSeries : IInverseHessian
{
    private readonly int terms;
    private readonly double stepSize;

    /// <summary>A series.</summary>
    /// <param name="terms">K, at least 0; more come nearer to the inverse.</param>
    /// <param name="stepSize">a, above 0.</param>
    /// <exception cref="UsageException">One of them is out of range.</exception>
    public NeumannSeries(int terms, double stepSize)
    {
        if (terms < 0) { throw new UsageException($"The Neumann series has {terms} terms; it must have at least 0, usually 5. 0 is the first-order method."); }
        if (!(stepSize > 0 && double.IsFinite(stepSize))) { throw new UsageException($"The step size of the Neumann series is {stepSize}; it must be above 0, usually 5e-4."); }
        (this.terms, this.stepSize) = (terms, stepSize);
    }

    /// <inheritdoc/>
    public InverseReport Solve(IBilevelProblem problem, ReadOnlySpan<double> v, Span<double> q)
    {
        var (p, product) = (v.ToArray(), new double[v.Length]);
        v.CopyTo(q);
        var growth = 0.0;
        for (var term = 0; term < terms; term++)
        {
            // p <- p + a H p;  q <- q + p
            problem.HessianVector(p, product);
            var before = VectorMath.Norm(p);
            VectorMath.Add(p, product, stepSize);
            VectorMath.Add(q, p, 1);
            if (before > 0) { growth = Math.Max(growth, VectorMath.Norm(p) / before); }
        }
        VectorMath.Scale(q, -stepSize);
        return new InverseReport(terms, growth, double.NaN);
    }
}

/// <summary>
/// Conjugate gradients on (λ I - H) y = v, q = -y: exact in as many products as θ has numbers where H is negative definite. It stops at a
/// direction in which H curves upwards, where the equation has no such solution.
/// </summary>
public sealed class ConjugateGradient : IInverseHessian
{
    private readonly int iterations;
    private readonly double damping;
    private readonly double tolerance;

    /// <summary>A solver.</summary>
    /// <param name="iterations">Most products, at least 1.</param>
    /// <param name="damping">λ, at least 0; larger shortens the answer where H is nearly flat.</param>
    /// <param name="tolerance">Residual, as a share of ||v||, at which it stops.</param>
    /// <exception cref="UsageException">One of them is out of range.</exception>
    public ConjugateGradient(int iterations, double damping = 0, double tolerance = 1e-10)
    {
        if (iterations < 1) { throw new UsageException($"Conjugate gradients take {iterations} products; it must be at least 1."); }
        if (!(damping >= 0 && double.IsFinite(damping))) { throw new UsageException($"The damping of conjugate gradients is {damping}; it must be at least 0."); }
        (this.iterations, this.damping, this.tolerance) = (iterations, damping, tolerance);
    }

    /// <inheritdoc/>
    public InverseReport Solve(IBilevelProblem problem, ReadOnlySpan<double> v, Span<double> q)
    {
        var (residual, direction, product) = (v.ToArray(), v.ToArray(), new double[v.Length]);
        q.Clear();
        var (size, products) = (VectorMath.Norm(v), 0);
        var squared = size * size;
        while (products < iterations && Math.Sqrt(squared) > tolerance * size)
        {
            problem.HessianVector(direction, product);
            products++;
            for (var i = 0; i < product.Length; i++) { product[i] = damping * direction[i] - product[i]; }
            var curvature = WeightedRidge.Dot(direction, product);
            if (curvature <= 0) { break; }
            var step = squared / curvature;
            VectorMath.Add(q, direction, -step);
            VectorMath.Add(residual, product, -step);
            var next = WeightedRidge.Dot(residual, residual);
            for (var i = 0; i < direction.Length; i++) { direction[i] = residual[i] + next / squared * direction[i]; }
            squared = next;
        }
        return new InverseReport(products, 0, size > 0 ? Math.Sqrt(squared) / size : 0);
    }
}

/// <summary>The gradient of an outer objective through the inner problem's solution.</summary>
public static class ImplicitGradient
{
    /// <summary>dJ/dφ = ∂J_outer/∂φ - ∇φ &lt;∇θ J_inner, q&gt;, q ≈ H⁻¹ v, v = ∇θ J_outer: the implicit function theorem at ∇θ J_inner = 0.</summary>
    /// <param name="problem">The two objectives at θ and φ.</param>
    /// <param name="inverse">How H⁻¹ v is approximated.</param>
    /// <param name="gradient">[outer parameters]: written.</param>
    public static InverseReport Of(IBilevelProblem problem, IInverseHessian inverse, Span<double> gradient)
    {
        var (v, q, cross) = (new double[problem.InnerParameters], new double[problem.InnerParameters], new double[problem.OuterParameters]);
        problem.OuterGradient(v);
        var report = inverse.Solve(problem, v, q);
        problem.CrossGradient(q, cross);
        problem.DirectGradient(gradient);
        VectorMath.Add(gradient, cross, -1);
        return report;
    }
}

/// <summary>Vectors of doubles.</summary>
internal static class VectorMath
{
    public static double Norm(ReadOnlySpan<double> a) => Math.Sqrt(WeightedRidge.Dot(a, a));

    /// <summary>a ← a + scale b.</summary>
    public static void Add(Span<double> a, ReadOnlySpan<double> b, double scale)
    {
        for (var i = 0; i < a.Length; i++) { a[i] += scale * b[i]; }
    }

    /// <summary>a ← scale a.</summary>
    public static void Scale(Span<double> a, double scale)
    {
        foreach (ref var value in a) { value *= scale; }
    }
}
