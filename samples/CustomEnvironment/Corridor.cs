using Bellman;

namespace CustomEnvironment;

/// <summary>
/// A user's own environment: walk right to the end of a corridor, against a wind that pushes back one step in five.
/// </summary>
public sealed class Corridor(int length) : IEnvironment
{
    private const double Wind = 0.2;

    private int position;

    /// <summary>How far along the corridor the walker is, from 0 to 1.</summary>
    public Space ObservationSpace { get; } = new Box(0, 1, 1);

    /// <summary>0 walks left, 1 walks right.</summary>
    public Space ActionSpace { get; } = new Discrete(2);

    public void Reset(RandomStream random, Span<float> observation)
    {
        position = 0;
        Observe(observation);
    }

    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var right = action[0] == 1 && !random.NextBoolean(Wind);
        position = Math.Clamp(position + (right ? 1 : -1), 0, length);
        Observe(observation);
        return new StepResult(Reward: position == length ? 1 : -0.01, Terminated: position == length);
    }

    // Naming the state once makes the environment resumable and traceable.
    public void Exchange(StateExchange state) => state.Value(nameof(position), ref position);

    private void Observe(Span<float> observation) => observation[0] = (float)position / length;
}
