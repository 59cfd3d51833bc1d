namespace Bellman.Algorithms;

/// <summary>The environment itself in a model's place: what a model-based algorithm does when its model makes no error.</summary>
public sealed class TrueDynamics : IDynamicsModel
{
    private readonly IEnvironment environment;
    private readonly IObservedState state;
    private readonly BoundedActions bounds;
    private readonly float[] action;

    /// <summary>The dynamics of <paramref name="environment"/>, whose own episode is overwritten.</summary>
    /// <param name="environment">A copy of its own; its time limit does not count here, for a limit is no end.</param>
    /// <param name="id">What it is called in messages.</param>
    /// <exception cref="UsageException">Its observations do not show its whole state.</exception>
    public TrueDynamics(IEnvironment environment, string id)
    {
        state = environment.Find<IObservedState>() ?? throw new UsageException(
            $"The true dynamics of {id} cannot be asked from an observation: it does not show the whole state. Implement {nameof(IObservedState)} in the environment, or learn a model (dynamics=learned).");
        this.environment = (IEnvironment)state;
        bounds = BoundedActions.For(environment.ActionSpace, id);
        action = new float[bounds.Size];
    }

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<float> observations, ReadOnlySpan<float> actions, int count, Span<float> next, Span<float> rewards, Span<bool> terminated, RandomStream random)
    {
        var size = environment.ObservationSpace.Size;
        for (var row = 0; row < count; row++)
        {
            state.BeginAt(observations.Slice(row * size, size));
            bounds.ToEnvironment(actions.Slice(row * action.Length, action.Length), action);
            var result = environment.Step(action, random, next.Slice(row * size, size));
            (rewards[row], terminated[row]) = ((float)result.Reward, result.Terminated);
        }
    }

    /// <summary>It has no state: every prediction begins where it is asked to.</summary>
    public void Exchange(StateExchange state) { }

    /// <inheritdoc/>
    public void Dispose() { }
}
