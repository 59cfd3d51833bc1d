namespace Bellman.Tests.Environments;

/// <summary>Pays given rewards and shows given observations, one a step, and then terminates.</summary>
public sealed class ScriptedEnvironment(double[] rewards, float[][] observations, Space? observationSpace = null, Space? actionSpace = null) : IEnvironment
{
    private int step;

    public ScriptedEnvironment(params double[] rewards) : this(rewards, Enumerable.Range(0, rewards.Length + 1).Select(i => new[] { (float)i }).ToArray()) { }

    public float[] LastAction { get; private set; } = [];

    public Space ObservationSpace { get; } = observationSpace ?? new Box(-1000, 1000, observations[0].Length);

    public Space ActionSpace { get; } = actionSpace ?? new Discrete(2);

    public void Reset(RandomStream random, Span<float> observation)
    {
        step = 0;
        observations[0].CopyTo(observation);
    }

    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        LastAction = action.ToArray();
        observations[++step].CopyTo(observation);
        return new StepResult(rewards[step - 1], Terminated: step == rewards.Length);
    }

    public void Exchange(StateExchange state) => state.Value(nameof(step), ref step);
}
