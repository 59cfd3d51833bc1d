namespace Bellman;

/// <summary>An environment around another: overrides what it changes and passes the rest on.</summary>
public abstract class EnvironmentWrapper(IEnvironment inner) : IEnvironment
{
    /// <summary>The environment inside.</summary>
    public IEnvironment Inner { get; } = inner;

    /// <inheritdoc/>
    public virtual Space ObservationSpace => Inner.ObservationSpace;

    /// <inheritdoc/>
    public virtual Space ActionSpace => Inner.ActionSpace;

    /// <inheritdoc/>
    public virtual void Reset(RandomStream random, Span<float> observation) => Inner.Reset(random, observation);

    /// <inheritdoc/>
    public virtual StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation) =>
        Inner.Step(action, random, observation);

    /// <inheritdoc/>
    public virtual void Exchange(StateExchange state) => state.Part("inner", Inner);
}

/// <summary>Looks through wrappers.</summary>
public static class EnvironmentExtensions
{
    /// <summary>The outermost of the environment and those it wraps that is a <typeparamref name="T"/>, or null.</summary>
    public static T? Find<T>(this IEnvironment environment) where T : class
    {
        for (var current = environment; ; current = ((EnvironmentWrapper)current).Inner)
        {
            if (current is T found) { return found; }
            if (current is not EnvironmentWrapper) { return null; }
        }
    }
}
