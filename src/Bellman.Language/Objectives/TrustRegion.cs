using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>How a trust-region step is taken.</summary>
public sealed record TrustRegionOptions
{
    /// <summary>delta.</summary>
    [Description("Largest mean divergence of a step, in nats.")]
    [Range(0.0, 100.0, MinimumIsExclusive = true)]
    public double MaximumDivergence { get; init; } = 0.01;

    /// <summary>Conjugate-gradient iterations.</summary>
    [Description("Conjugate-gradient iterations; more solve the system better.")]
    [Range(1, 10_000)]
    public int Iterations { get; init; } = 10;

    /// <summary>Added to the Fisher matrix's diagonal.</summary>
    [Description("Added to the Fisher matrix's diagonal, so that the system is well conditioned.")]
    [Range(0.0, 1e6)]
    public double Damping { get; init; } = 0.1;

    /// <summary>Halvings of the step.</summary>
    [Description("How often a step that does not improve is halved before it is given up.")]
    [Range(0, 100)]
    public int Backtracks { get; init; } = 10;
}

/// <summary>
/// Trust-region policy optimisation (Schulman et al. 2015): the natural gradient by conjugate gradients, with
/// Fisher-vector products from a double backward pass of the mean KL, and a line search.
/// </summary>
public static class TrustRegion
{
    /// <summary>
    /// Takes one step: F s = g by conjugate gradients, then s sqrt(2 delta / s'Fs), halved until the surrogate improves and KL &lt;= delta.
    /// </summary>
    /// <param name="parameters">What is changed.</param>
    /// <param name="surrogate">E[rho A] at the present parameters, to be raised.</param>
    /// <param name="divergence">Mean KL(old || present), whose gradient is 0 at the old parameters; twice differentiable.</param>
    /// <param name="options">How.</param>
    /// <returns>The divergence of the step taken; 0 when none improved and the parameters are as before.</returns>
    public static double Step(IList<Tensor> parameters, Func<Tensor> surrogate, Func<Tensor> divergence, TrustRegionOptions? options = null)
    {
        options ??= new TrustRegionOptions();
        using var scope = NewDisposeScope();
        var before = surrogate();
        var gradient = Flat(autograd.grad([before], parameters));
        Tensor Fisher(Tensor vector)
        {
            var first = Flat(autograd.grad([divergence()], parameters, retain_graph: true, create_graph: true));
            return Flat(autograd.grad([(first * vector).sum()], parameters)).detach();
        }
        var direction = Solve(vector => Fisher(vector) + options.Damping * vector, gradient, options.Iterations);
        var curvature = (direction * Fisher(direction)).sum().ToDouble();
        if (!(curvature > 0)) { return 0; }
        // s sqrt(2 delta / s'Fs)
        var step = direction * Math.Sqrt(2 * options.MaximumDivergence / curvature);
        var origin = Flat(parameters).detach().clone();
        using var withoutGradients = no_grad();
        var scale = 1.0;
        for (var attempt = 0; attempt <= options.Backtracks; attempt++, scale *= 0.5)
        {
            Assign(parameters, origin + scale * step);
            var reached = divergence().ToDouble();
            if (surrogate().ToDouble() > before.ToDouble() && reached <= options.MaximumDivergence) { return reached; }
        }
        Assign(parameters, origin);
        return 0;
    }

    /// <summary>Conjugate gradients for A x = b, A symmetric and positive.</summary>
    public static Tensor Solve(Func<Tensor, Tensor> product, Tensor right, int iterations)
    {
        var x = zeros_like(right);
        var residual = right.detach().clone();
        var direction = residual.clone();
        var norm = residual.square().sum();
        for (var i = 0; i < iterations && norm.ToDouble() > 1e-20; i++)
        {
            var image = product(direction);
            var alpha = norm / (direction * image).sum();
            x = x + alpha * direction;
            residual = residual - alpha * image;
            var next = residual.square().sum();
            direction = residual + next / norm * direction;
            norm = next;
        }
        return x;
    }

    private static Tensor Flat(IEnumerable<Tensor> tensors) => cat([.. tensors.Select(one => one.reshape(-1))]);

    private static void Assign(IList<Tensor> parameters, Tensor flat)
    {
        var offset = 0L;
        foreach (var parameter in parameters)
        {
            var count = parameter.numel();
            parameter.copy_(flat.narrow(0, offset, count).reshape(parameter.shape));
            offset += count;
        }
    }
}
