using MathNet.Numerics.LinearAlgebra;

namespace Bellman.Algorithms.Linear;

/// <summary>
/// The best policy of s' = A s + B a with cost s'Qs + a'Ra, discounted by γ: a = -K s, and its values -s'Ps. P solves the Riccati equation
/// <code>
/// P = Q + γ A'PA - γ² A'PB (R + γ B'PB)⁻¹ B'PA,    K = γ (R + γ B'PB)⁻¹ B'PA
/// </code>
/// found by iterating it.
/// </summary>
public sealed class LinearQuadraticRegulator
{
    private const int MostIterations = 100_000;
    private const double Tolerance = 1e-12;

    private readonly Matrix<double> a;
    private readonly Matrix<double> b;
    private readonly Matrix<double> stateCost;
    private readonly Matrix<double> actionCost;
    private readonly double discount;

    /// <summary>Solves the equation.</summary>
    /// <param name="a">A, [states, states].</param>
    /// <param name="b">B, [states, actions].</param>
    /// <param name="stateCost">Q, symmetric, at least 0.</param>
    /// <param name="actionCost">R, symmetric, above 0.</param>
    /// <param name="discount">γ, from 0 to 1.</param>
    /// <exception cref="UsageException">Shapes do not fit, the discount is out of range, or the iteration does not settle.</exception>
    public LinearQuadraticRegulator(double[,] a, double[,] b, double[,] stateCost, double[,] actionCost, double discount)
    {
        var (states, actions) = (a.GetLength(0), b.GetLength(1));
        if (a.GetLength(1) != states || b.GetLength(0) != states || stateCost.GetLength(0) != states || stateCost.GetLength(1) != states || actionCost.GetLength(0) != actions || actionCost.GetLength(1) != actions)
        {
            throw new UsageException($"A linear-quadratic problem with {states} states and {actions} actions needs A [{states}, {states}], B [{states}, {actions}], Q like A and R [{actions}, {actions}].");
        }
        if (!(discount is >= 0 and <= 1)) { throw new UsageException($"The discount of a linear-quadratic problem is {discount}; it must be from 0 to 1."); }
        Matrix<double> Dense(double[,] values) => Matrix<double>.Build.DenseOfArray(values);
        (this.a, this.b, this.stateCost, this.actionCost, this.discount) = (Dense(a), Dense(b), Dense(stateCost), Dense(actionCost), discount);
        var values = this.stateCost;
        for (var iteration = 0; iteration < MostIterations; iteration++)
        {
            Gain = GainOf(values);
            // The same as the Riccati equation, with K put in.
            var next = this.stateCost + discount * this.a.Transpose() * values * (this.a - this.b * Gain);
            var change = (next - values).InfinityNorm();
            values = (next + next.Transpose()) / 2;
            if (!double.IsFinite(change)) { break; }
            if (change <= Tolerance * (1 + values.InfinityNorm()))
            {
                (Cost, Gain) = (values, GainOf(values));
                return;
            }
        }
        throw new UsageException("The Riccati equation of this linear-quadratic problem does not settle: some state grows and no action reaches it. Lower the discount or change B.");
    }

    /// <summary>P: values are -s'Ps where no action is cut off.</summary>
    public Matrix<double> Cost { get; }

    /// <summary>K.</summary>
    public Matrix<double> Gain { get; private set; }

    /// <summary>Writes -K s.</summary>
    public void Act(ReadOnlySpan<float> state, Span<double> action)
    {
        for (var k = 0; k < action.Length; k++)
        {
            var sum = 0.0;
            for (var i = 0; i < state.Length; i++) { sum -= Gain[k, i] * state[i]; }
            action[k] = sum;
        }
    }

    /// <summary>Q(s, a) = -(s'Qs + a'Ra + γ s1'P s1), s1 = A s + B a.</summary>
    public double Value(ReadOnlySpan<float> state, ReadOnlySpan<float> action)
    {
        var s = Vector<double>.Build.DenseOfArray([.. Doubles(state)]);
        var u = Vector<double>.Build.DenseOfArray([.. Doubles(action)]);
        var next = a * s + b * u;
        return -(s * (stateCost * s) + u * (actionCost * u) + discount * (next * (Cost * next)));
    }

    private static double[] Doubles(ReadOnlySpan<float> values)
    {
        var doubles = new double[values.Length];
        for (var i = 0; i < values.Length; i++) { doubles[i] = values[i]; }
        return doubles;
    }

    private Matrix<double> GainOf(Matrix<double> values) =>
        (actionCost + discount * b.Transpose() * values * b).Solve(discount * b.Transpose() * values * a);
}
