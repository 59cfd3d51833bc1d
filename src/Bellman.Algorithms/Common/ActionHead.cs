namespace Bellman.Algorithms;

/// <summary>
/// What an actor's outputs mean: the distribution over actions of one observation. A head samples, scores and
/// differentiates; all of it on rows of plain numbers.
/// </summary>
public abstract class ActionHead
{
    /// <summary>Network outputs it reads for one observation.</summary>
    public abstract int Outputs { get; }

    /// <summary>Floats of an action as the head stores it, before <see cref="ToEnvironment"/>.</summary>
    public abstract int ActionSize { get; }

    /// <summary>The head for an action space: categorical for choices, diagonal Gaussian for a Box.</summary>
    /// <exception cref="UsageException">The space has no head.</exception>
    public static ActionHead For(Space space) => space switch
    {
        Discrete discrete => new CategoricalHead([discrete.Count]),
        MultiDiscrete multi => new CategoricalHead([.. multi.Counts]),
        MultiBinary binary => new CategoricalHead(Enumerable.Repeat(2, binary.Count).ToArray()),
        Box box => new GaussianHead(box),
        _ => throw new UsageException($"A stochastic policy cannot act in {space}. It acts in Discrete, MultiDiscrete, MultiBinary and Box spaces; flatten the space to one of these in a wrapper."),
    };

    /// <summary>Free parameters beside the network (the Gaussian's log standard deviations), 0 if none.</summary>
    public virtual int FreeParameters => 0;

    /// <summary>Draws an action, or writes the most likely one if <paramref name="random"/> is null.</summary>
    public abstract void Act(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, RandomStream? random, Span<float> action);

    /// <summary>log pi(action).</summary>
    public abstract float LogProbability(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action);

    /// <summary>Entropy of the distribution, nats.</summary>
    public abstract float Entropy(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free);

    /// <summary>Adds the gradient of w1 log pi(action) + w2 entropy with respect to the outputs and the free parameters.</summary>
    public abstract void AddGradient(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action,
        float logProbabilityWeight, float entropyWeight, Span<float> outputGradient, Span<float> freeGradient);

    /// <summary>Sets the outputs of unavailable actions so low that they are never drawn.</summary>
    public virtual void Mask(Span<float> outputs, ReadOnlySpan<bool> available) =>
        throw new UsageException("Action masks need discrete actions; this environment's are continuous. Remove the mask from the environment.");

    /// <summary>Turns a stored action into an element of the environment's action space.</summary>
    public abstract void ToEnvironment(ReadOnlySpan<float> action, Span<float> element);
}
