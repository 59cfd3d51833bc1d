using Bellman.Neural;

namespace Bellman.Papers.Mentor;

/// <summary>Where weights are moved to when they are perturbed: θ &lt;- α θ + (1 - α) φ.</summary>
public interface IPerturbation
{
    /// <summary>Draws φ for all parameters of a module.</summary>
    /// <param name="module">Its name, as snapshots know it.</param>
    /// <param name="networks">The module.</param>
    /// <param name="random">Draws come from this stream.</param>
    /// <returns>As many numbers as the module's buffer has; null if there is nothing to move to yet.</returns>
    float[]? Draw(string module, NetworkGroup networks, RandomStream random);
}

/// <summary>Perturbs modules.</summary>
public static class Perturbations
{
    /// <summary>
    /// Moves the weights and biases of dense layers and convolutions; norms stay as they are. The module's optimiser has to be cleared: its
    /// moments belong to other weights.
    /// </summary>
    /// <param name="perturbation">Where to.</param>
    /// <param name="module">The module's name.</param>
    /// <param name="networks">The module.</param>
    /// <param name="kept">α, 0 to 1.</param>
    /// <param name="random">Draws come from this stream.</param>
    /// <param name="includes">Which parameters, by name; null for all that can be.</param>
    /// <returns>Whether there was something to move to.</returns>
    public static bool Apply(this IPerturbation perturbation, string module, NetworkGroup networks, double kept, RandomStream random, Func<string, bool>? includes = null)
    {
        if (!(kept is >= 0 and <= 1)) { throw new UsageException($"A perturbation keeps a share from 0 to 1 of the weights, not {kept}."); }
        if (perturbation.Draw(module, networks, random) is not { } towards) { return false; }
        var moved = new ParameterBuffer(networks.Parameters.Parameters);
        moved.CopyFrom(networks.Parameters);
        var values = moved.Values;
        foreach (var parameter in networks.Parameters.Parameters)
        {
            if (parameter.Name.Contains(".norm.", StringComparison.Ordinal) || includes?.Invoke(parameter.Name) == false) { continue; }
            for (var i = parameter.Offset; i < parameter.Offset + parameter.Size; i++) { values[i] = Mixed(values[i], towards[i], kept); }
        }
        networks.Parameters.CopyFrom(moved);
        return true;
    }

    /// <summary>α θ + (1 - α) φ.</summary>
    public static float Mixed(float value, float towards, double kept) => (float)(kept * value + (1 - kept) * towards);
}

/// <summary>Towards fresh initial weights.</summary>
public sealed class RandomPerturbation : IPerturbation
{
    /// <inheritdoc/>
    public float[]? Draw(string module, NetworkGroup networks, RandomStream random)
    {
        var fresh = new ParameterBuffer(networks.Parameters.Parameters);
        var stream = random.Child(module, random.NextInt32(int.MaxValue));
        foreach (var part in networks.Parts) { part.Initialize(fresh, stream); }
        return fresh.Values;
    }
}

/// <summary>
/// Towards a normal distribution fitted to stored weights, number by number: φ ~ N(mean, max(std, 1e-7)²), std unbiased. With fewer than two
/// members there is no deviation, and nothing is moved.
/// </summary>
public sealed class TaskOrientedPerturbation(SnapshotSet snapshots) : IPerturbation
{
    private const double LeastDeviation = 1e-7;

    /// <inheritdoc/>
    public float[]? Draw(string module, NetworkGroup networks, RandomStream random)
    {
        if (snapshots.Count < 2) { return null; }
        var towards = new float[networks.Parameters.Parameters.Sum(parameter => parameter.Size)];
        var members = snapshots.Weights(module);
        Span<float> numbers = stackalloc float[members.Count];
        for (var i = 0; i < towards.Length; i++)
        {
            for (var m = 0; m < members.Count; m++) { numbers[m] = members[m][i]; }
            var (mean, deviation) = Moments(numbers);
            towards[i] = (float)(mean + Math.Max(deviation, LeastDeviation) * random.NextGaussian());
        }
        return towards;
    }

    /// <summary>Mean and unbiased deviation; NaN of one number.</summary>
    public static (double Mean, double Deviation) Moments(ReadOnlySpan<float> numbers)
    {
        var mean = 0.0;
        foreach (var number in numbers) { mean += (double)number / numbers.Length; }
        var squares = 0.0;
        foreach (var number in numbers) { squares += (number - mean) * (number - mean); }
        return (mean, numbers.Length < 2 ? double.NaN : Math.Sqrt(squares / (numbers.Length - 1)));
    }
}
