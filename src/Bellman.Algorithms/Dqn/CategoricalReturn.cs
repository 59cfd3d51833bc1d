using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// C51 (Bellemare et al. 2017, algorithm 1): the network writes logits over fixed returns z_0..z_{N-1}, the atoms; the
/// target's mass is projected onto them and the loss is the cross-entropy.
/// </summary>
public sealed class CategoricalReturn : ReturnModel
{
    private readonly float[] atoms;
    private readonly float[] probabilities;
    private readonly float[] target;
    private readonly float[] logProbabilities;
    private readonly double minimum;
    private readonly double maximum;

    /// <summary>Atoms evenly from <paramref name="minimum"/> to <paramref name="maximum"/>.</summary>
    /// <exception cref="UsageException">There are fewer than two atoms, or the minimum is not below the maximum.</exception>
    public CategoricalReturn(double minimum, double maximum, int count)
    {
        if (count < 2 || !(minimum < maximum))
        {
            throw new UsageException($"A categorical return needs at least two atoms and a minimum below its maximum; got {count} atoms from {minimum} to {maximum}.");
        }
        (this.minimum, this.maximum) = (minimum, maximum);
        atoms = [.. Enumerable.Range(0, count).Select(i => (float)(minimum + i * (maximum - minimum) / (count - 1)))];
        probabilities = new float[count];
        target = new float[count];
        logProbabilities = new float[count];
    }

    /// <inheritdoc/>
    public override int Width => atoms.Length;

    /// <inheritdoc/>
    public override PolicyReadout Readout(int actions) => new DistributionReadout(actions, Width, atoms);

    /// <inheritdoc/>
    public override float Mean(ReadOnlySpan<float> outputs)
    {
        Categorical.Softmax(outputs, probabilities);
        var mean = 0f;
        for (var i = 0; i < atoms.Length; i++) { mean += probabilities[i] * atoms[i]; }
        return mean;
    }

    /// <summary>
    /// Moves the mass of r + d z onto the atoms: each clipped value lies between two atoms, which share its mass by nearness.
    /// </summary>
    /// <param name="reward">r.</param>
    /// <param name="discount">d.</param>
    /// <param name="mass">[atoms], probabilities of the next return.</param>
    /// <param name="projected">[atoms], written.</param>
    public void Project(double reward, double discount, ReadOnlySpan<float> mass, Span<float> projected)
    {
        projected.Clear();
        var last = atoms.Length - 1;
        var spacing = (maximum - minimum) / last;
        for (var i = 0; i <= last; i++)
        {
            // b = (clip(r + d z_i) - v_min) / dz
            var position = (Math.Clamp(reward + discount * atoms[i], minimum, maximum) - minimum) / spacing;
            var lower = Math.Min((int)position, last);
            // Weights 1 - (b - l) and b - l: at a whole b all mass goes to that atom, where u - b and b - l would lose it.
            var share = position - lower;
            projected[lower] += (float)(mass[i] * (1 - share));
            if (lower < last) { projected[lower + 1] += (float)(mass[i] * share); }
        }
    }

    /// <summary>Cross-entropy of the projected target; the error is its divergence KL(target || predicted), as Rainbow ranks by.</summary>
    /// <inheritdoc/>
    public override (double Loss, double Error) Learn(ReadOnlySpan<float> predicted, double reward, double discount, ReadOnlySpan<float> next, Span<float> gradient)
    {
        Categorical.Softmax(next, probabilities);
        Project(reward, discount, probabilities, target);
        Categorical.LogSoftmax(predicted, logProbabilities);
        Categorical.Softmax(predicted, gradient);
        double loss = 0, entropy = 0;
        for (var i = 0; i < target.Length; i++)
        {
            var mass = target[i];
            loss -= mass * logProbabilities[i];
            if (mass > 0) { entropy -= mass * Math.Log(mass); }
            // d/dl_i of -sum m log softmax(l) = softmax(l)_i - m_i, as m sums to 1
            gradient[i] -= mass;
        }
        return (loss, Math.Max(0, loss - entropy));
    }
}
