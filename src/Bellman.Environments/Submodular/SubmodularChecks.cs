namespace Bellman.Environments.Submodular;

/// <summary>Sets that show that a function is not what it is said to be.</summary>
/// <param name="Reason">What is violated.</param>
/// <param name="Smaller">X.</param>
/// <param name="Larger">Y, a superset of X.</param>
/// <param name="Element">v, in neither.</param>
public sealed record SubmodularityViolation(string Reason, IReadOnlyList<int> Smaller, IReadOnlyList<int> Larger, int Element)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{Reason} with X = {{{string.Join(", ", Smaller)}}}, Y = {{{string.Join(", ", Larger)}}}, v = {Element}. The guarantees do not hold for such a function; repair it, or train on it knowing that.";
}

/// <summary>What can be said about a function by evaluating it.</summary>
public static class SubmodularChecks
{
    private const double Slack = 1e-9;

    /// <summary>Largest number of sequences that <see cref="BruteForce"/> tries.</summary>
    public const long LargestEnumeration = 1_000_000;

    /// <summary>F of a set.</summary>
    public static double ValueOf(ISubmodularFunction function, IEnumerable<int> elements)
    {
        var evaluator = function.CreateEvaluator();
        evaluator.Reset();
        foreach (var element in elements) { evaluator.Add(element); }
        return evaluator.Value;
    }

    /// <summary>Looks for a violation of monotonicity or of diminishing returns in random sets X in Y and elements v.</summary>
    /// <param name="function">The function, e.g. a user's own.</param>
    /// <param name="trials">How many triples are tried.</param>
    /// <param name="random">Where they are drawn from.</param>
    /// <returns>The first violation; null if none was found, which is no proof.</returns>
    public static SubmodularityViolation? Find(ISubmodularFunction function, int trials, RandomStream random)
    {
        var elements = Enumerable.Range(0, function.ElementCount).ToArray();
        for (var trial = 0; trial < trials; trial++)
        {
            random.Shuffle(elements.AsSpan());
            var larger = random.NextInt32(elements.Length);
            var smaller = random.NextInt32(larger + 1);
            var (x, y, v) = (elements[..smaller], elements[..larger], elements[larger]);
            var (small, large) = (function.CreateEvaluator(), function.CreateEvaluator());
            foreach (var element in x) { small.Add(element); }
            foreach (var element in y) { large.Add(element); }
            var (smallGain, largeGain) = (small.Gain(v), large.Gain(v));
            // F(X + v) - F(X) >= F(Y + v) - F(Y) >= 0
            if (largeGain < -Slack) { return new SubmodularityViolation($"F is not monotone: F(v|Y) = {largeGain}", x, y, v); }
            if (smallGain < largeGain - Slack * (1 + Math.Abs(largeGain))) { return new SubmodularityViolation($"F is not submodular: F(v|X) = {smallGain} < F(v|Y) = {largeGain}", x, y, v); }
        }
        return null;
    }

    /// <summary>
    /// The total curvature over the elements V, c = 1 - min_v F(v | V - v) / F(v): 0 for an additive function, 1 where an element
    /// can become worthless. Elements that are worth nothing alone are left out.
    /// </summary>
    public static double CurvatureOf(ISubmodularFunction function, IReadOnlyList<int> elements)
    {
        if (elements.Count == 0) { throw new UsageException("The curvature of no elements is not defined; give at least one."); }
        var smallest = 1.0;
        foreach (var v in elements)
        {
            var alone = ValueOf(function, [v]);
            if (alone <= 0) { continue; }
            var others = function.CreateEvaluator();
            foreach (var other in elements)
            {
                if (other != v) { others.Add(other); }
            }
            smallest = Math.Min(smallest, others.Gain(v) / alone);
        }
        return 1 - smallest;
    }

    /// <summary>The sequence of <paramref name="length"/> elements with the largest F, by trying all.</summary>
    /// <exception cref="UsageException">There are more than <see cref="LargestEnumeration"/> sequences.</exception>
    public static (double Value, int[] Elements) BruteForce(ISubmodularFunction function, int length)
    {
        if (length < 1) { throw new UsageException($"A sequence of {length} elements cannot be searched for; take at least 1."); }
        if (Math.Pow(function.ElementCount, length) > LargestEnumeration)
        {
            throw new UsageException($"{function.ElementCount} elements in {length} places are more than {LargestEnumeration:N0} sequences; brute force serves tiny instances. Take fewer elements or a shorter sequence.");
        }
        var (bestValue, best, chosen) = (double.NegativeInfinity, new int[length], new int[length]);
        Search(function.CreateEvaluator(), 0);
        return (bestValue, best);

        void Search(ISetEvaluator evaluator, int depth)
        {
            if (depth == length)
            {
                if (evaluator.Value > bestValue)
                {
                    bestValue = evaluator.Value;
                    chosen.CopyTo(best, 0);
                }
                return;
            }
            for (var element = 0; element < function.ElementCount; element++)
            {
                var next = evaluator.Copy();
                next.Add(element);
                chosen[depth] = element;
                Search(next, depth + 1);
            }
        }
    }

    /// <summary>
    /// The greedy set of <paramref name="size"/> elements and what it proves: no set of this size is worth more than
    /// F(greedy) / (1 - 1/e), nor more than F(S) plus the <paramref name="size"/> largest gains that are left at any greedy S
    /// (Nemhauser, Wolsey and Fisher 1978).
    /// </summary>
    public static (double Value, double UpperBound) Greedy(ISubmodularFunction function, int size)
    {
        var evaluator = function.CreateEvaluator();
        var bound = double.PositiveInfinity;
        for (var picks = 0; ; picks++)
        {
            var gains = Enumerable.Range(0, function.ElementCount).Select(evaluator.Gain).ToArray();
            bound = Math.Min(bound, evaluator.Value + gains.OrderDescending().Take(size).Sum());
            if (picks == size) { break; }
            evaluator.Add(Array.IndexOf(gains, gains.Max()));
        }
        return (evaluator.Value, Math.Min(bound, evaluator.Value / (1 - Math.Exp(-1))));
    }
}
