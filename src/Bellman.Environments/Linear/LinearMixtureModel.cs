using Bellman.Data;

namespace Bellman.Environments.Linear;

/// <summary>
/// A linear mixture process: P(s'|s,a) = sum_i theta_i phi_i(s'|s,a) with known phi and a theta that a learner does not know
/// (Ayoub et al. 2020; Zhou et al. 2021). Its basic operation is phi_V(s,a) = sum_s' phi(s'|s,a) V(s'), with E[V(s')] = phi_V(s,a) . theta.
/// </summary>
public sealed class LinearMixtureModel
{
    // What is not zero, sorted by pair (s, a), base and next state; pair p has the entries starts[p] to starts[p + 1].
    private readonly Entry[] entries;
    private readonly int[] starts;

    /// <summary>A model without its true parameter.</summary>
    /// <param name="dimension">d, at least 1.</param>
    /// <param name="states">S.</param>
    /// <param name="actions">A.</param>
    /// <param name="phi">phi(i, s, a, s').</param>
    /// <param name="start">First state.</param>
    /// <exception cref="UsageException">A size is below 1, a number is not finite, or the start is out of range.</exception>
    public LinearMixtureModel(int dimension, int states, int actions, Func<int, int, int, int, double> phi, int start = 0)
        : this(dimension, states, actions, Tabulate(dimension, states, actions, phi), start) { }

    private LinearMixtureModel(int dimension, int states, int actions, IEnumerable<(int Pair, Entry Entry)> sorted, int start)
    {
        if (dimension < 1 || states < 1 || actions < 1) { throw new UsageException($"A linear mixture model needs at least one base kernel, state and action; got d = {dimension}, S = {states}, A = {actions}."); }
        if (start < 0 || start >= states) { throw new UsageException($"The first state is {start}; there are {states} (0 to {states - 1})."); }
        (Dimension, StateCount, ActionCount, Start) = (dimension, states, actions, start);
        starts = new int[states * actions + 1];
        var all = new List<Entry>();
        foreach (var (pair, entry) in sorted)
        {
            if (!double.IsFinite(entry.Value)) { throw new UsageException($"phi of base {entry.Base}, state {pair / actions}, action {pair % actions}, next state {entry.Next} is {entry.Value}; it must be a finite number."); }
            all.Add(entry);
            starts[pair + 1] = all.Count;
        }
        for (var pair = 1; pair < starts.Length; pair++) { starts[pair] = Math.Max(starts[pair], starts[pair - 1]); }
        entries = [.. all];
    }

    private readonly record struct Entry(int Base, int Next, double Value);

    /// <summary>Base kernels, d.</summary>
    public int Dimension { get; }

    /// <summary>States, S.</summary>
    public int StateCount { get; }

    /// <summary>Actions, A.</summary>
    public int ActionCount { get; }

    /// <summary>First state.</summary>
    public int Start { get; }

    /// <summary>
    /// Reads a model: <c>phi</c> [d, S, A, S], or <c>phi_index</c> [n, 4] with <c>phi_value</c> [n] for a sparse one whose largest indices say its
    /// size; <c>theta_star</c> [d] and <c>init_state</c> where they are there.
    /// </summary>
    /// <exception cref="UsageException">An array is missing or malformed, or theta_star does not make a kernel of phi.</exception>
    public static (LinearMixtureModel Model, double[]? Parameter) ReadNpz(string path)
    {
        if (!File.Exists(path)) { throw new UsageException($"There is no file {path}. Give a .npz archive with the array phi [d, S, A, S]."); }
        var start = NumpyArchive.Read(path, "init_state")?.Values is [var state, ..] ? (int)state : 0;
        var model = NumpyArchive.Read(path, "phi") is { } dense ? FromDense(dense, path, start) : FromSparse(NumpyArchive.Require(path, "phi_index"), NumpyArchive.Require(path, "phi_value"), path, start);
        var parameter = NumpyArchive.Read(path, "theta_star")?.Values;
        if (parameter is not null) { model.Kernel(parameter); }
        return (model, parameter);
    }

    /// <summary>The states that some base kernel lets follow.</summary>
    public IEnumerable<int> Successors(int state, int action)
    {
        var pair = state * ActionCount + action;
        return entries.Skip(starts[pair]).Take(starts[pair + 1] - starts[pair]).Select(entry => entry.Next).Distinct();
    }

    /// <summary>phi_V(s,a), [d].</summary>
    public void Features(int state, int action, ReadOnlySpan<double> values, Span<double> features)
    {
        features.Clear();
        var pair = state * ActionCount + action;
        foreach (ref readonly var entry in entries.AsSpan(starts[pair], starts[pair + 1] - starts[pair])) { features[entry.Base] += entry.Value * values[entry.Next]; }
    }

    /// <summary>The kernel of a parameter.</summary>
    /// <exception cref="UsageException">The parameter has another length, or the mixture is no kernel.</exception>
    public TransitionKernel Kernel(ReadOnlySpan<double> parameter)
    {
        if (parameter.Length != Dimension) { throw new UsageException($"The parameter has {parameter.Length} numbers; the model has {Dimension} base kernels."); }
        var probabilities = new double[StateCount * ActionCount * StateCount];
        for (var pair = 0; pair + 1 < starts.Length; pair++)
        {
            for (var i = starts[pair]; i < starts[pair + 1]; i++) { probabilities[pair * StateCount + entries[i].Next] += parameter[entries[i].Base] * entries[i].Value; }
        }
        return new TransitionKernel(StateCount, ActionCount, probabilities, Start);
    }

    private static LinearMixtureModel FromDense(NumpyArray array, string path, int start)
    {
        if (array.Shape is not [var d, var states, var actions, var next] || next != states)
        {
            throw new UsageException($"{path}: phi has the shape ({string.Join(", ", array.Shape)}); it must be [d, S, A, S].");
        }
        return new LinearMixtureModel(d, states, actions, (i, s, a, to) => array.Values[((i * states + s) * actions + a) * states + to], start);
    }

    private static LinearMixtureModel FromSparse(NumpyArray index, NumpyArray value, string path, int start)
    {
        if (index.Shape is not [var count, 4] || count == 0 || value.Values.Length != count) { throw new UsageException($"{path}: phi_index has the shape ({string.Join(", ", index.Shape)}) and phi_value {value.Values.Length} numbers; they must be [n, 4] and [n]."); }
        int At(int row, int column) => (int)index.Values[row * 4 + column];
        int Size(int column) => Enumerable.Range(0, count).Max(row => At(row, column)) + 1;
        var actions = Size(2);
        // Cells that repeat add up.
        var sorted = Enumerable.Range(0, count).OrderBy(row => (At(row, 1) * actions + At(row, 2), At(row, 0), At(row, 3)))
            .Select(row => (At(row, 1) * actions + At(row, 2), new Entry(At(row, 0), At(row, 3), value.Values[row])));
        return new LinearMixtureModel(Size(0), Math.Max(Size(1), Size(3)), actions, sorted, start);
    }

    private static IEnumerable<(int Pair, Entry Entry)> Tabulate(int dimension, int states, int actions, Func<int, int, int, int, double> phi)
    {
        for (var pair = 0; pair < states * actions; pair++)
        {
            for (var index = 0; index < dimension; index++)
            {
                for (var next = 0; next < states; next++)
                {
                    var value = phi(index, pair / actions, pair % actions, next);
                    if (value != 0) { yield return (pair, new Entry(index, next, value)); }
                }
            }
        }
    }
}
