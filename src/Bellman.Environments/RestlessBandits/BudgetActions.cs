namespace Bellman.Environments.RestlessBandits;

/// <summary>Exactly B of N interventions are made, sum_i a_i = B.</summary>
public sealed class BudgetActions : ICombinatorialActionSpace
{
    private readonly int[] order;

    /// <summary>The constraint.</summary>
    /// <exception cref="UsageException">The budget is not from 1 to the number of interventions.</exception>
    public BudgetActions(int size, int budget)
    {
        if (budget < 1 || budget > size) { throw new UsageException($"A budget of {budget} of {size} interventions cannot be spent; it must be from 1 to {size}."); }
        (Size, Budget) = (size, budget);
        order = new int[size];
    }

    /// <inheritdoc/>
    public int Size { get; }

    /// <summary>B.</summary>
    public int Budget { get; }

    /// <inheritdoc/>
    public LinearModel Constraints()
    {
        var model = new LinearModel(Size);
        model.Add(Enumerable.Range(0, Size).Select(i => (i, 1.0)), lower: Budget, upper: Budget);
        return model;
    }

    /// <inheritdoc/>
    public bool IsFeasible(ReadOnlySpan<float> action)
    {
        var spent = 0;
        foreach (var a in action) { spent += a > 0.5f ? 1 : 0; }
        return spent == Budget;
    }

    /// <inheritdoc/>
    public void SampleFeasible(RandomStream random, Span<float> action)
    {
        for (var i = 0; i < Size; i++) { order[i] = i; }
        random.Shuffle(order.AsSpan());
        action.Clear();
        for (var i = 0; i < Budget; i++) { action[order[i]] = 1; }
    }

    /// <inheritdoc/>
    public IReadOnlyList<float[]> Enumerate(int limit = 5000)
    {
        var members = new List<float[]>();
        Choose(new float[Size], 0, Budget);
        return members;

        void Choose(float[] action, int from, int remaining)
        {
            if (remaining == 0)
            {
                FeasibleSets.Keep(members, action, limit);
                return;
            }
            for (var i = from; i <= Size - remaining; i++)
            {
                action[i] = 1;
                Choose(action, i + 1, remaining - 1);
                action[i] = 0;
            }
        }
    }
}
