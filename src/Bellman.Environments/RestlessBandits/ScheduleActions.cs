namespace Bellman.Environments.RestlessBandits;

/// <summary>
/// Arms are served in time slots: worker i can serve arm j in slot s where both are free, one arm at a time, sum_j x_ijs &lt;= 1. A
/// pulled arm needs two such assignments, 2 a_j &lt;= sum_is x_ijs &lt;= 2, and at most B arms are pulled.
/// </summary>
public sealed class ScheduleActions : ICombinatorialActionSpace
{
    private readonly bool[][] armFree;
    private readonly bool[][] workerFree;
    private readonly int budget;
    private readonly bool distinctWorkers;
    private readonly bool[,] used;

    /// <summary>The constraint.</summary>
    /// <param name="armFree">[arms][slots].</param>
    /// <param name="workerFree">[workers][slots].</param>
    /// <param name="budget">Most arms pulled, B, at least 1.</param>
    /// <param name="distinctWorkers">Whether an arm's two assignments need two workers; published: no.</param>
    /// <exception cref="UsageException">Slots differ in number, or something is missing.</exception>
    public ScheduleActions(IReadOnlyList<bool[]> armFree, IReadOnlyList<bool[]> workerFree, int budget, bool distinctWorkers = false)
    {
        if (armFree.Count == 0 || workerFree.Count == 0 || budget < 1) { throw new UsageException("A schedule needs at least one arm, one worker and a budget of 1."); }
        var slots = armFree[0].Length;
        if (slots == 0 || armFree.Concat(workerFree).Any(row => row.Length != slots)) { throw new UsageException($"Every arm and worker of a schedule says for each of the same slots whether it is free; the first arm has {slots}."); }
        this.armFree = [.. armFree];
        this.workerFree = [.. workerFree];
        this.budget = budget;
        this.distinctWorkers = distinctWorkers;
        used = new bool[workerFree.Count, slots];
    }

    /// <inheritdoc/>
    public int Size => armFree.Length;

    /// <summary>Slots.</summary>
    public int Slots => armFree[0].Length;

    /// <summary>Workers.</summary>
    public int Workers => workerFree.Length;

    /// <summary>B.</summary>
    public int Budget => budget;

    /// <summary>Whether arm and worker are both free in a slot.</summary>
    public bool CanServe(int worker, int arm, int slot) => armFree[arm][slot] && workerFree[worker][slot];

    /// <inheritdoc/>
    public LinearModel Constraints()
    {
        var model = new LinearModel(Size);
        var all = new List<(int Worker, int Arm, int Slot, int Variable)>();
        for (var i = 0; i < Workers; i++)
        {
            for (var j = 0; j < Size; j++)
            {
                for (var s = 0; s < Slots; s++)
                {
                    if (CanServe(i, j, s)) { all.Add((i, j, s, model.AddAuxiliary())); }
                }
            }
        }
        foreach (var place in all.GroupBy(x => (x.Worker, x.Slot))) { model.Add(place.Select(x => (x.Variable, 1.0)), upper: 1); }
        for (var j = 0; j < Size; j++)
        {
            var arm = j;
            var own = all.Where(x => x.Arm == arm).ToList();
            if (own.Count > 0) { model.Add(own.Select(x => (x.Variable, 1.0)), upper: 2); }
            model.Add(own.Select(x => (x.Variable, -1.0)).Prepend((arm, 2)), upper: 0);
            foreach (var x in own) { model.Add([(x.Variable, 1), (arm, -1)], upper: 0); }
            if (!distinctWorkers) { continue; }
            foreach (var worker in own.GroupBy(x => x.Worker)) { model.Add(worker.Select(x => (x.Variable, 1.0)), upper: 1); }
        }
        model.Add(Enumerable.Range(0, Size).Select(j => (j, 1.0)), upper: budget);
        return model;
    }

    /// <inheritdoc/>
    public bool IsFeasible(ReadOnlySpan<float> action)
    {
        var pulled = 0;
        foreach (var a in action) { pulled += a > 0.5f ? 1 : 0; }
        if (pulled > budget) { return false; }
        Array.Clear(used);
        return distinctWorkers ? Serve(action, 0) : HasEnoughPlaces(action);
    }

    /// <inheritdoc/>
    public void SampleFeasible(RandomStream random, Span<float> action)
    {
        action.Clear();
        var order = Enumerable.Range(0, Size).ToArray();
        random.Shuffle(order.AsSpan());
        var pulled = 0;
        foreach (var arm in order)
        {
            if (pulled == budget) { break; }
            action[arm] = 1;
            if (IsFeasible(action)) { pulled++; } else { action[arm] = 0; }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<float[]> Enumerate(int limit = 5000) => FeasibleSets.OfDownClosed(this, limit);

    /// <summary>Whether two places can be matched with every pulled arm, by augmenting paths: exact without distinct workers, and quick where it is not.</summary>
    private bool HasEnoughPlaces(ReadOnlySpan<float> action)
    {
        var holder = new int[Workers * Slots];
        Array.Fill(holder, -1);
        var tried = new bool[holder.Length];
        for (var arm = 0; arm < action.Length; arm++)
        {
            for (var need = 0; action[arm] > 0.5f && need < 2; need++)
            {
                Array.Clear(tried);
                if (!Augment(arm, holder, tried)) { return false; }
            }
        }
        return true;
    }

    private bool Augment(int arm, int[] holder, bool[] tried)
    {
        for (var place = 0; place < holder.Length; place++)
        {
            if (tried[place] || holder[place] == arm || !CanServe(place / Slots, arm, place % Slots)) { continue; }
            tried[place] = true;
            if (holder[place] >= 0 && !Augment(holder[place], holder, tried)) { continue; }
            holder[place] = arm;
            return true;
        }
        return false;
    }

    /// <summary>Finds two assignments for each pulled arm, arm by arm, taking back what does not lead on.</summary>
    private bool Serve(ReadOnlySpan<float> action, int arm)
    {
        while (arm < action.Length && action[arm] < 0.5f) { arm++; }
        if (arm == action.Length) { return true; }
        var places = Workers * Slots;
        for (var first = 0; first < places; first++)
        {
            if (!Free(first, arm)) { continue; }
            used[first / Slots, first % Slots] = true;
            for (var second = first + 1; second < places; second++)
            {
                if (!Free(second, arm) || (distinctWorkers && second / Slots == first / Slots)) { continue; }
                used[second / Slots, second % Slots] = true;
                var served = Serve(action, arm + 1);
                used[second / Slots, second % Slots] = false;
                if (!served) { continue; }
                used[first / Slots, first % Slots] = false;
                return true;
            }
            used[first / Slots, first % Slots] = false;
        }
        return false;
    }

    private bool Free(int place, int arm) => !used[place / Slots, place % Slots] && CanServe(place / Slots, arm, place % Slots);
}
