namespace Bellman.Environments;

/// <summary>A decision process with its horizon.</summary>
/// <param name="Name">Lower-case letters and digits.</param>
/// <param name="Process">Its tables.</param>
/// <param name="Horizon">Steps after which an episode is cut.</param>
public sealed record FiniteHorizonMdp(string Name, DeterministicMdp Process, int Horizon)
{
    /// <summary>A copy to act in, with sticky actions and its horizon; the observation is (state, action executed last).</summary>
    /// <param name="stickiness">Probability that the previous action is repeated.</param>
    public IEnvironment Create(double stickiness) =>
        new TimeLimit(new StickyActions(new DeterministicMdpEnvironment(Process), stickiness, showPrevious: true), Horizon);
}

/// <summary>
/// Thirteen small processes between trivial and unsolvable for greedy lookahead on random play: open grids, grids with a near and
/// small reward, two rooms, chains with and without a distraction, deep seas. Meant to be played with sticky actions (0.25).
/// </summary>
public static class StickySuite
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<FiniteHorizonMdp> All { get; } =
    [
        new("grid5", Grid(5, 5, [(4, 4, 1)]), 20),
        new("grid7", Grid(7, 7, [(6, 6, 1)]), 28),
        new("grid9", Grid(9, 9, [(8, 8, 1)]), 36),
        new("grid5trap", Grid(5, 5, [(4, 4, 1), (0, 1, 0.2)]), 20),
        new("grid7trap", Grid(7, 7, [(6, 6, 1), (2, 0, 0.3)]), 28),
        new("rooms7", Grid(7, 7, [(0, 6, 1)], [.. Enumerable.Range(0, 7).Where(row => row != 5).Select(row => (row, 3))]), 30),
        new("chain5", Chain(5, 0, 1), 12),
        new("chain8", Chain(8, 0, 1), 16),
        new("chain6s", Chain(6, 0.05, 1.5), 14),
        new("chain4s", Chain(4, 0.1, 2), 12),
        new("deep6", Deep(6), 6),
        new("deep8", Deep(8), 8),
        new("deep10", Deep(10), 10),
    ];

    /// <summary>The process with this name.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static FiniteHorizonMdp Find(string name) =>
        All.FirstOrDefault(one => one.Name == name) ?? throw NearNames.Unknown("process", name, All.Select(one => one.Name), $"There are {string.Join(", ", All.Select(one => one.Name))}.");

    /// <summary>Cells with actions up, down, left, right; borders and walls block; entering a goal pays and ends.</summary>
    private static DeterministicMdp Grid(int rows, int columns, (int Row, int Column, double Reward)[] goals, (int Row, int Column)[]? walls = null)
    {
        (int Row, int Column)[] moves = [(-1, 0), (1, 0), (0, -1), (0, 1)];
        return Tabulate(rows * columns, moves.Length, (state, action) =>
        {
            var (row, column) = (state / columns + moves[action].Row, state % columns + moves[action].Column);
            if (row < 0 || row >= rows || column < 0 || column >= columns || (walls ?? []).Contains((row, column))) { return (state, 0); }
            foreach (var goal in goals) { if ((goal.Row, goal.Column) == (row, column)) { return (DeterministicMdp.Terminal, goal.Reward); } }
            return (row * columns + column, 0);
        });
    }

    /// <summary>Action 0 returns to the first state (and pays <paramref name="small"/> there), action 1 advances; past the last state it pays <paramref name="big"/> and ends.</summary>
    private static DeterministicMdp Chain(int length, double small, double big) => Tabulate(length, 2, (state, action) =>
        action == 0 ? (0, state == 0 ? small : 0) : state == length - 1 ? (DeterministicMdp.Terminal, big) : (state + 1, 0));

    /// <summary>One row down a step; action 1 drifts right and costs 0.01 / size, action 0 left; right in the last corner pays 1.</summary>
    private static DeterministicMdp Deep(int size) => Tabulate(size * size, 2, (state, action) =>
    {
        var (row, column) = (state / size, state % size);
        var reward = action == 0 ? 0 : (row == size - 1 && column == size - 1 ? 1 : 0) - 0.01 / size;
        var drifted = Math.Clamp(column + (action == 0 ? -1 : 1), 0, size - 1);
        return (row == size - 1 ? DeterministicMdp.Terminal : (row + 1) * size + drifted, reward);
    });

    private static DeterministicMdp Tabulate(int states, int actions, Func<int, int, (int Next, double Reward)> step)
    {
        var outcomes = Enumerable.Range(0, states * actions).Select(i => step(i / actions, i % actions)).ToList();
        return new DeterministicMdp(actions, [.. outcomes.Select(outcome => outcome.Next)], [.. outcomes.Select(outcome => outcome.Reward)]);
    }
}
