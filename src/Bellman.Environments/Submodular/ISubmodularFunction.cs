namespace Bellman.Environments.Submodular;

/// <summary>
/// A monotone submodular set function F over a finite ground set, F(empty) = 0: every element adds less the more is there
/// already, F(X + v) - F(X) >= F(Y + v) - F(Y) for X in Y (Prajapat et al. 2024, section 2). It holds the instance; what a
/// trajectory has visited is in an evaluator of its own.
/// </summary>
public interface ISubmodularFunction
{
    /// <summary>Number of elements; they are numbered from 0.</summary>
    int ElementCount { get; }

    /// <summary>An evaluator that has seen nothing, F = 0.</summary>
    ISetEvaluator CreateEvaluator();

    /// <summary>F({element}): what the additive ("modular") reward pays for a visit, revisits included.</summary>
    double Modular(int element);
}

/// <summary>F of one trajectory, kept up to date as elements are added.</summary>
public interface ISetEvaluator : IStateful
{
    /// <summary>F of what was added.</summary>
    double Value { get; }

    /// <summary>Forgets everything: F = 0. It must be called whenever the trajectory begins anew.</summary>
    void Reset();

    /// <summary>The marginal gain F(X + element) - F(X), without adding it.</summary>
    double Gain(int element);

    /// <summary>Adds the element and returns its marginal gain.</summary>
    double Add(int element);

    /// <summary>An evaluator of its own with the same content, for a copied trajectory or a search.</summary>
    ISetEvaluator Copy();
}

/// <summary>The evaluators of trajectories that run side by side.</summary>
/// <param name="function">The function.</param>
public sealed class SetEvaluatorBatch(ISubmodularFunction function)
{
    private ISetEvaluator[] evaluators = [];

    /// <summary>F of each trajectory so far.</summary>
    public IReadOnlyList<double> Values => [.. evaluators.Select(evaluator => evaluator.Value)];

    /// <summary>Begins <paramref name="batch"/> trajectories that have visited nothing.</summary>
    public void Reset(int batch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        if (evaluators.Length != batch) { evaluators = [.. Enumerable.Range(0, batch).Select(_ => function.CreateEvaluator())]; }
        foreach (var evaluator in evaluators) { evaluator.Reset(); }
    }

    /// <summary>Adds one element to each trajectory and writes the marginal gains.</summary>
    /// <param name="elements">[batch].</param>
    /// <param name="gains">[batch], written.</param>
    /// <exception cref="ArgumentException">The lengths are not the batch of the last <see cref="Reset"/>.</exception>
    public void Gain(ReadOnlySpan<int> elements, Span<double> gains)
    {
        if (elements.Length != evaluators.Length || gains.Length != evaluators.Length)
        {
            throw new ArgumentException($"{evaluators.Length} trajectories take as many elements and gains; got {elements.Length} and {gains.Length}. Call Reset with the batch first.", nameof(elements));
        }
        for (var i = 0; i < gains.Length; i++) { gains[i] = evaluators[i].Add(elements[i]); }
    }

    /// <summary>The additive rewards F({element}) of one step.</summary>
    /// <param name="elements">[batch].</param>
    /// <param name="rewards">[batch], written.</param>
    public void Modular(ReadOnlySpan<int> elements, Span<double> rewards)
    {
        for (var i = 0; i < rewards.Length; i++) { rewards[i] = function.Modular(elements[i]); }
    }
}

/// <summary>What the functions refuse in the same words.</summary>
internal static class SubmodularInput
{
    public static void RequireWeights(IReadOnlyList<double> weights)
    {
        if (weights.Count == 0) { throw new UsageException("A submodular function needs at least one element; none was given."); }
        for (var i = 0; i < weights.Count; i++)
        {
            if (!(weights[i] >= 0 && double.IsFinite(weights[i])))
            {
                throw new UsageException($"The weight of element {i} is {weights[i]}; weights must be finite and at least 0, or F would not be monotone. Shift them, or leave the element out.");
            }
        }
    }

    public static void RequireElement(int element, int count)
    {
        if ((uint)element >= (uint)count) { throw new ArgumentOutOfRangeException(nameof(element), element, $"The ground set has the elements 0 to {count - 1}."); }
    }
}
