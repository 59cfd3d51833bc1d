using Bellman.Algorithms.Bilevel;
using Bellman.Neural;
using Bellman.Tests.Environments;
using TorchSharp;
using Xunit;

namespace Bellman.Tests.Papers.BehaviorAlignment;

/// <summary>Implicit gradients on problems whose answer is known.</summary>
public sealed class BilevelTests
{
    private static readonly IInverseHessian Exact = new ConjugateGradient(20);

    // J_inner = -(θ - φ)²/2, J_outer = -(θ - 3)²/2 at θ = φ = 1.
    private static double Quadratic(IInverseHessian inverse) => Gradient(
        (theta, phi) => (-(theta - phi).square() / 2).sum(), (theta, _) => (-(theta - 3).square() / 2).sum(), [1], [1], inverse)[0];

    // π = sigmoid(l), J_inner = π φ + 0.25 H(π), J_outer = 1 - π at l = 0, φ = 1.
    private static double Bandit(IInverseHessian inverse) => Gradient(
        (l, phi) =>
        {
            var pi = l.sigmoid();
            return (pi * phi - 0.25 * (pi * pi.log() + (1 - pi) * (1 - pi).log())).sum();
        },
        (l, _) => (1 - l.sigmoid()).sum(), [0], [1], inverse)[0];

    [Fact]
    public void Quadratic_problem_has_the_exact_gradient_2_and_the_series_comes_near_it()
    {
        Play.Near(2, Quadratic(Exact));
        Play.Near(0.937118, Quadratic(new NeumannSeries(5, 0.1)));
        Play.Near(0.2, Quadratic(new NeumannSeries(0, 0.1)));
        Play.Near(2, Quadratic(new NeumannSeries(400, 0.1)));
    }

    [Fact]
    public void Entropy_bandit_has_the_exact_gradient_minus_1()
    {
        Play.Near(-1, Bandit(Exact));
        Play.Near(-0.173448, Bandit(new NeumannSeries(5, 0.5)));
    }

    [Fact]
    public void Implicit_gradient_is_that_of_the_solved_inner_problem()
    {
        // J_inner = -½ θ'Aθ + θ'Bφ has θ* = A⁻¹Bφ; J_outer = -|θ - c|² + φ·φ: by differences of φ.
        double[] a = [2, 0.5, 0.5, 1], b = [1, -1, 0.3, 2], c = [0.7, -0.2];
        double Outer(double first, double second)
        {
            var (x, y) = (b[0] * first + b[1] * second, b[2] * first + b[3] * second);
            var determinant = a[0] * a[3] - a[1] * a[2];
            var (one, two) = ((a[3] * x - a[1] * y) / determinant, (a[0] * y - a[2] * x) / determinant);
            return -Math.Pow(one - c[0], 2) - Math.Pow(two - c[1], 2) + first * first + second * second;
        }
        var (p, q, h) = (0.4, -0.9, 1e-5);
        double[] expected = [(Outer(p + h, q) - Outer(p - h, q)) / (2 * h), (Outer(p, q + h) - Outer(p, q - h)) / (2 * h)];
        var (bx, by) = (b[0] * p + b[1] * q, b[2] * p + b[3] * q);
        double[] solution = [(a[3] * bx - a[1] * by) / 1.75, (a[0] * by - a[2] * bx) / 1.75];
        using var scope = torch.NewDisposeScope();
        using var matrixA = torch.tensor(a, [2, 2]);
        using var matrixB = torch.tensor(b, [2, 2]);
        using var centre = torch.tensor(c);
        var gradient = Gradient(
            (theta, phi) => -0.5 * (theta * matrixA.mv(theta)).sum() + (theta * matrixB.mv(phi)).sum(),
            (theta, phi) => -(theta - centre).square().sum() + phi.square().sum(), solution, [p, q], Exact);
        Play.Near(expected, gradient, 1e-6);
    }

    [Fact]
    public void A_direction_that_curves_upwards_ends_conjugate_gradients_and_a_growing_series_warns()
    {
        var problem = new Diagonal([30, 30]);
        var q = new double[2];
        var series = new NeumannSeries(3, 1).Solve(problem, [1, 1], q);
        Play.Near(31, series.Growth);
        Assert.Contains("grow", series.Warning);
        Assert.Null(new NeumannSeries(3, 0.01).Solve(problem, [1, 1], q).Warning);
        var report = Exact.Solve(problem, [1, 1], q);
        Assert.Equal((1, 1.0), (report.Products, report.Residual));
        Assert.Equal([0, 0], q);
    }

    [Fact]
    public void Damping_shortens_the_answer_of_conjugate_gradients()
    {
        var q = new double[2];
        Exact.Solve(new Diagonal([-1, -4]), [1, 1], q);
        Play.Near([-1, -0.25], q);
        new ConjugateGradient(20, damping: 1).Solve(new Diagonal([-1, -4]), [1, 1], q);
        Play.Near([-0.5, -0.2], q);
    }

    [Fact]
    public void What_solvers_cannot_work_with_is_refused()
    {
        Assert.Contains("-1 terms", Assert.Throws<UsageException>(() => new NeumannSeries(-1, 0.1)).Message);
        Assert.Contains("step size", Assert.Throws<UsageException>(() => new NeumannSeries(5, 0)).Message);
        Assert.Contains("step size", Assert.Throws<UsageException>(() => new NeumannSeries(5, double.NaN)).Message);
        Assert.Contains("at least 1", Assert.Throws<UsageException>(() => new ConjugateGradient(0)).Message);
        Assert.Contains("damping", Assert.Throws<UsageException>(() => new ConjugateGradient(5, -1)).Message);
    }

    private static double[] Gradient(
        Func<torch.Tensor, torch.Tensor, torch.Tensor> inner, Func<torch.Tensor, torch.Tensor, torch.Tensor> outer, double[] theta, double[] phi, IInverseHessian inverse)
    {
        TorchRuntime.EnsureLoaded();
        using var scope = torch.NewDisposeScope();
        var gradient = new double[phi.Length];
        ImplicitGradient.Of(new TorchBilevelProblem(inner, outer, theta, phi), inverse, gradient);
        return gradient;
    }

    private sealed class Diagonal(double[] curvatures) : IBilevelProblem
    {
        public int InnerParameters => curvatures.Length;

        public int OuterParameters => 0;

        public void OuterGradient(Span<double> v) => v.Fill(1);

        public void HessianVector(ReadOnlySpan<double> p, Span<double> product)
        {
            for (var i = 0; i < p.Length; i++) { product[i] = curvatures[i] * p[i]; }
        }

        public void CrossGradient(ReadOnlySpan<double> q, Span<double> gradient) { }
    }
}
