namespace Bellman.Papers.EdgeOfReach;

/// <summary>
/// A box whose walls are a cliff that no rollout sees: s' = s + a, reward 1 in a state with all |s_i| ≤ 5 and -4 outside. Episodes begin within
/// ±2, so that rollouts of three steps of length 1 reach exactly the walls. Standing still is optimal. Nothing tells the walls from the rest.
/// </summary>
public sealed class EdgeBox : IObservedState
{
    /// <summary>Half the side of the box.</summary>
    public const double Wall = 5;

    /// <summary>Episodes begin within ± this.</summary>
    public const double StartRange = 2;

    /// <summary>Steps of an episode.</summary>
    public const int Horizon = 30;

    /// <summary>The id it has in a reproduction's registry.</summary>
    public const string Id = "EdgeBox-v0";

    private readonly float[] state;

    /// <summary>A box of so many dimensions.</summary>
    public EdgeBox(int dimensions)
    {
        state = new float[dimensions];
        ObservationSpace = new Box(-1000, 1000, dimensions);
        ActionSpace = new Box(-1, 1, dimensions);
    }

    /// <inheritdoc/>
    public Space ObservationSpace { get; }

    /// <inheritdoc/>
    public Space ActionSpace { get; }

    /// <summary>R(s): the reward of acting in a state.</summary>
    public static double Reward(ReadOnlySpan<float> state)
    {
        foreach (var component in state)
        {
            if (Math.Abs(component) > Wall) { return -4; }
        }
        return 1;
    }

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        foreach (ref var component in state.AsSpan()) { component = (float)random.NextUniform(-StartRange, StartRange); }
        state.CopyTo(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var reward = Reward(state);
        for (var i = 0; i < state.Length; i++) { state[i] += action[i]; }
        state.CopyTo(observation);
        return new StepResult(reward);
    }

    /// <inheritdoc/>
    public void BeginAt(ReadOnlySpan<float> observation) => observation.CopyTo(state);

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Array<float>("position", this.state);

    /// <summary>Transitions of one random step each from where episodes begin, cut off there.</summary>
    public static OfflineDataset Data(int dimensions, int count, RandomStream random)
    {
        var box = new EdgeBox(dimensions);
        float[] states = new float[count * dimensions], next = new float[states.Length], actions = new float[states.Length], rewards = new float[count];
        for (var i = 0; i < count; i++)
        {
            box.Reset(random, states.AsSpan(i * dimensions, dimensions));
            foreach (ref var component in actions.AsSpan(i * dimensions, dimensions)) { component = (float)random.NextUniform(-1, 1); }
            rewards[i] = (float)box.Step(actions.AsSpan(i * dimensions, dimensions), random, next.AsSpan(i * dimensions, dimensions)).Reward;
        }
        return new OfflineDataset(Id, dimensions, dimensions, states, next, actions, rewards, new bool[count], [.. Enumerable.Range(0, count).Select(i => new DatasetEpisode(i, 1, rewards[i], false))]);
    }
}
