namespace Bellman.Papers.BehaviorAlignment;

/// <summary>An episode with both rewards.</summary>
/// <param name="Width">Features of a state.</param>
/// <param name="Features">[steps + 1, width]: of every state, the last one's too.</param>
/// <param name="Actions">[steps].</param>
/// <param name="Primary">[steps]: r_p.</param>
/// <param name="Auxiliary">[steps]: r_aux.</param>
/// <param name="Likelihoods">[steps]: log-probability of the action when it was taken.</param>
/// <param name="Terminated">Whether the task ended; otherwise the episode was cut.</param>
public sealed record AlignmentTrajectory(int Width, double[] Features, int[] Actions, double[] Primary, double[] Auxiliary, double[] Likelihoods, bool Terminated)
{
    /// <summary>Steps.</summary>
    public int Length => Actions.Length;

    /// <summary>x of the state at a time.</summary>
    public ReadOnlySpan<double> At(int time) => Features.AsSpan(time * Width, Width);
}

/// <summary>The latest trajectories, oldest first.</summary>
internal sealed class TrajectoryBuffer(int capacity, int width) : IStateful
{
    private readonly List<AlignmentTrajectory> kept = [];

    public int Count => kept.Count;

    public void Add(AlignmentTrajectory trajectory)
    {
        if (kept.Count == capacity) { kept.RemoveAt(0); }
        kept.Add(trajectory);
    }

    /// <summary>The last so many, or all if there are fewer.</summary>
    public void Last(int count, List<AlignmentTrajectory> drawn)
    {
        drawn.Clear();
        for (var i = Math.Max(0, kept.Count - count); i < kept.Count; i++) { drawn.Add(kept[i]); }
    }

    /// <summary>Draws with replacement, from all but the last <paramref name="without"/>.</summary>
    public void Draw(int count, int without, RandomStream random, List<AlignmentTrajectory> drawn)
    {
        drawn.Clear();
        for (var i = 0; i < count; i++) { drawn.Add(kept[random.NextInt32(kept.Count - without)]); }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        int[] lengths = [.. kept.Select(one => one.Length)];
        int[] actions = [.. kept.SelectMany(one => one.Actions)];
        double[] features = [.. kept.SelectMany(one => one.Features)];
        double[] primary = [.. kept.SelectMany(one => one.Primary)];
        double[] auxiliary = [.. kept.SelectMany(one => one.Auxiliary)];
        double[] likelihoods = [.. kept.SelectMany(one => one.Likelihoods)];
        bool[] terminated = [.. kept.Select(one => one.Terminated)];
        state.List(nameof(lengths), ref lengths);
        state.List(nameof(actions), ref actions);
        state.List(nameof(features), ref features);
        state.List(nameof(primary), ref primary);
        state.List(nameof(auxiliary), ref auxiliary);
        state.List(nameof(likelihoods), ref likelihoods);
        state.List(nameof(terminated), ref terminated);
        if (!state.IsLoading) { return; }
        kept.Clear();
        var (step, row) = (0, 0);
        for (var i = 0; i < lengths.Length; step += lengths[i], row += lengths[i] + 1, i++)
        {
            var range = step..(step + lengths[i]);
            kept.Add(new AlignmentTrajectory(width, features[(row * width)..((row + lengths[i] + 1) * width)], actions[range], primary[range], auxiliary[range], likelihoods[range], terminated[i]));
        }
    }
}
