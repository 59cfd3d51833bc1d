using Bellman.Environments.RestlessBandits;
using Bellman.Neural;
using Google.OrTools.LinearSolver;

namespace Bellman.Papers.CombinatorialRestlessBandits;

/// <summary>How large the constants are that switch a unit off.</summary>
public enum BigM
{
    /// <summary>What interval arithmetic allows: as tight as bounds on the inputs make it.</summary>
    Intervals,

    /// <summary>The released program's 100,000, which at a tolerance of 1e-6 leaks 0.1 a unit. For comparison only.</summary>
    Hundred000,
}

/// <summary>Interval arithmetic through a dense layer.</summary>
public static class IntervalBounds
{
    /// <summary>Bounds of W v + b for lo &lt;= v &lt;= hi: L = W+ lo + W- hi + b, U = W+ hi + W- lo + b.</summary>
    public static (double[] Lower, double[] Upper) Layer(DenseLayer layer, ReadOnlySpan<double> lo, ReadOnlySpan<double> hi)
    {
        var (lower, upper) = (new double[layer.Outputs], new double[layer.Outputs]);
        var weights = layer.Weight.Span;
        var biases = layer.Bias.Span;
        for (var i = 0; i < layer.Outputs; i++)
        {
            lower[i] = upper[i] = biases[i];
            for (var j = 0; j < layer.Inputs; j++)
            {
                var w = (double)weights[i * layer.Inputs + j];
                lower[i] += w * (w > 0 ? lo[j] : hi[j]);
                upper[i] += w * (w > 0 ? hi[j] : lo[j]);
            }
        }
        return (lower, upper);
    }
}

/// <summary>
/// A ReLU network as a mixed-integer program: finds the action that minimises q(a, s) over a combinatorial set, exactly up to the gap.
/// A hidden unit with input u = w v + b becomes
/// <code>
/// h &gt;= u,   h &lt;= u + M- z,   0 &lt;= h &lt;= M+ (1 - z),   z in {0, 1}                                   (3)
/// </code>
/// which is u = h - g, h &lt;= M+ (1 - z), g &lt;= M- z with g eliminated. A unit that its bounds decide has z fixed.
/// The model is built once; a state changes the first layer's constants and the bounds, new weights the coefficients.
/// </summary>
public sealed class ReluNetworkMilp : IDisposable
{
    private const double Fixed = 1e5;

    // Bounds are met exactly at the corners of the box; without room a rounding of 1e-8 cuts such an action off.
    private const double Room = 1e-6;

    private readonly IDescribedNetwork network;
    private readonly int actions;
    private readonly BigM bigM;
    private readonly MixedIntegerProgram program;
    private readonly Unit[][] units;
    private DenseLayer[] layers;

    /// <summary>A program for a network.</summary>
    /// <param name="network">An MLP of dense layers with ReLU between them and one output; reads [action; state].</param>
    /// <param name="model">The feasible actions.</param>
    /// <param name="options">How it is solved.</param>
    /// <param name="bigM">How large the constants are.</param>
    /// <exception cref="UsageException">The network is of another kind, or an option is out of range.</exception>
    public ReluNetworkMilp(INetwork network, LinearModel model, ProgramOptions options, BigM bigM = BigM.Intervals)
    {
        this.network = network as IDescribedNetwork ?? throw Refuse("it cannot say what it computes");
        this.bigM = bigM;
        actions = model.Actions;
        layers = Describe();
        if (layers[0].Inputs < actions) { throw Refuse($"it reads {layers[0].Inputs} numbers, fewer than the {actions} switches of an action"); }
        program = new MixedIntegerProgram(model, options);
        units = [.. layers[..^1].Select(layer => Enumerable.Range(0, layer.Outputs).Select(_ => new Unit(
            program.AddContinuous(), program.AddBinary(),
            program.AddConstraint(0, double.PositiveInfinity), program.AddConstraint(double.NegativeInfinity, 0), program.AddConstraint(double.NegativeInfinity, 0))).ToArray())];
        WriteWeights();
    }

    /// <summary>A hidden unit: h, z, and the rows h - u &gt;= ., h - u - M- z &lt;= ., h + M+ z &lt;= M+.</summary>
    private sealed record Unit(Variable Value, Variable Off, Constraint AtLeast, Constraint AtMost, Constraint Switch);

    /// <summary>Rows of the program.</summary>
    public int Rows => program.Rows;

    /// <summary>Variables of the program.</summary>
    public int Columns => program.Columns;

    /// <summary>Takes over the network's weights; needed after every change of them.</summary>
    public void Update()
    {
        layers = Describe();
        program.Begin();
        WriteWeights();
    }

    /// <summary>The action with the smallest output for a state.</summary>
    /// <param name="state">What follows the action in the network's input.</param>
    /// <param name="action">Written where there is a solution.</param>
    /// <param name="gap">The gap of this solve; null for the options'.</param>
    public ProgramResult Solve(ReadOnlySpan<float> state, Span<float> action, double? gap = null)
    {
        var first = layers[0];
        if (state.Length != first.Inputs - actions) { throw new ArgumentException($"The network reads {first.Inputs - actions} numbers of a state; got {state.Length}.", nameof(state)); }
        var (lo, hi) = (new double[first.Inputs], new double[first.Inputs]);
        hi.AsSpan(0, actions).Fill(1);
        program.Begin();
        for (var k = 0; k < state.Length; k++) { lo[actions + k] = hi[actions + k] = state[k]; }
        for (var l = 0; l < units.Length; l++)
        {
            var layer = layers[l];
            var (lower, upper) = IntervalBounds.Layer(layer, lo, hi);
            for (var i = 0; i < layer.Outputs; i++)
            {
                double constant = layer.Bias.Span[i];
                if (l == 0) { for (var k = 0; k < state.Length; k++) { constant += (double)layer.Weight.Span[i * layer.Inputs + actions + k] * state[k]; } }
                Bound(units[l][i], constant, lower[i], upper[i]);
                (lower[i], upper[i]) = (Math.Max(lower[i], 0), Math.Max(upper[i], 0));
            }
            (lo, hi) = (lower, upper);
        }
        var result = program.Solve(gap);
        if (result.HasSolution) { program.WriteAction(action); }
        return result;
    }

    /// <inheritdoc/>
    public void Dispose() => program.Dispose();

    private void Bound(Unit unit, double constant, double lower, double upper)
    {
        (lower, upper) = (lower - Room * (1 + Math.Abs(lower)), upper + Room * (1 + Math.Abs(upper)));
        var (above, below) = bigM == BigM.Intervals ? (Math.Max(upper, 0), Math.Max(-lower, 0)) : (Fixed, Fixed);
        unit.AtLeast.SetLb(constant);
        unit.AtMost.SetUb(constant);
        unit.AtMost.SetCoefficient(unit.Off, -below);
        unit.Switch.SetUb(above);
        unit.Switch.SetCoefficient(unit.Off, above);
        if (bigM != BigM.Intervals) { return; }
        unit.Value.SetBounds(0, above);
        // U <= 0: always off.  L >= 0: never off, h = u.
        unit.Off.SetBounds(upper <= 0 ? 1 : 0, lower >= 0 && upper > 0 ? 0 : 1);
    }

    private void WriteWeights()
    {
        for (var l = 0; l < units.Length; l++)
        {
            var layer = layers[l];
            var below = l == 0 ? program.Binaries.Take(actions).ToArray() : [.. units[l - 1].Select(unit => unit.Value)];
            for (var i = 0; i < layer.Outputs; i++)
            {
                var unit = units[l][i];
                for (var j = 0; j < below.Length; j++)
                {
                    var weight = layer.Weight.Span[i * layer.Inputs + j];
                    unit.AtLeast.SetCoefficient(below[j], -weight);
                    unit.AtMost.SetCoefficient(below[j], -weight);
                }
                unit.AtLeast.SetCoefficient(unit.Value, 1);
                unit.AtMost.SetCoefficient(unit.Value, 1);
                unit.Switch.SetCoefficient(unit.Value, 1);
            }
        }
        var last = layers[^1];
        program.Objective.SetMinimization();
        program.Objective.SetOffset(last.Bias.Span[0]);
        for (var j = 0; j < last.Inputs; j++) { program.Objective.SetCoefficient(units[^1][j].Value, last.Weight.Span[j]); }
    }

    private DenseLayer[] Describe()
    {
        if (network.Describe() is not NetworkChain chain) { throw Refuse("it is no chain of dense layers"); }
        DenseLayer[] dense = [.. chain.Links.OfType<DenseLayer>()];
        if (dense.Length != chain.Links.Count || dense.Length < 2) { throw Refuse("it needs dense layers only, at least one of them hidden"); }
        if (dense[..^1].Any(layer => layer.Activation != Activation.Relu) || dense[^1].Activation != Activation.Identity) { throw Refuse("hidden layers must use ReLU and the last none; other activations are not piecewise linear"); }
        if (dense.Any(layer => layer.Norm is not null)) { throw Refuse("a layer norm is not piecewise linear"); }
        if (dense[^1].Outputs != 1) { throw Refuse($"it has {dense[^1].Outputs} outputs; there must be one to minimise"); }
        return dense;
    }

    private static UsageException Refuse(string reason) => new($"This network cannot be embedded into a mixed-integer program: {reason}.");
}
