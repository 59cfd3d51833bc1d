namespace Bellman.Algorithms;

/// <summary>Distributions over continuous actions.</summary>
public enum ActionDistribution
{
    /// <summary>Independent normals, their deviations free parameters; drawn outside the bounds, actions are clipped.</summary>
    Gaussian,

    /// <summary>A Gaussian squashed into the bounds by tanh.</summary>
    TanhGaussian,

    /// <summary>A beta distribution over the range of each action.</summary>
    Beta,

    /// <summary>A Gaussian whose noise is a function of the state, drawn anew every few steps: smooth exploration for motors.</summary>
    StateDependent,
}

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

    /// <summary>Outputs of the network's last layer: <see cref="Outputs"/> less the features that are passed on to the head.</summary>
    public virtual int LayerOutputs => Outputs;

    /// <summary>Whether the features below the last layer follow its outputs.</summary>
    public virtual bool ReadsFeatures => false;

    /// <summary>The head for an action space: categorical for choices, <paramref name="distribution"/> for a Box.</summary>
    /// <param name="space">The action space.</param>
    /// <param name="distribution">How a Box is acted on.</param>
    /// <param name="features">Width of the features below the last layer.</param>
    /// <exception cref="UsageException">The space has no head, or not this one.</exception>
    public static ActionHead For(Space space, ActionDistribution distribution, int features) => (space, distribution) switch
    {
        (Box box, ActionDistribution.Gaussian) => new GaussianHead(box),
        (Box box, ActionDistribution.StateDependent) => new StateDependentHead(box, features),
        (Box { IsBounded: true } box, ActionDistribution.TanhGaussian) => new TanhGaussianHead(box),
        (Box { IsBounded: true } box, ActionDistribution.Beta) => new BetaHead(box),
        (Box, _) => throw new UsageException($"Distribution {distribution} needs bounds on every action; {space} has none somewhere. Take distribution=gaussian, or bound the actions."),
        (_, not ActionDistribution.Gaussian) => throw new UsageException($"Distribution {distribution} is one of continuous actions; this environment acts in {space}. Leave option distribution out."),
        (Discrete discrete, _) => new CategoricalHead([discrete.Count]),
        (MultiDiscrete multi, _) => new CategoricalHead([.. multi.Counts]),
        (MultiBinary binary, _) => new CategoricalHead(Enumerable.Repeat(2, binary.Count).ToArray()),
        _ => throw new UsageException($"A stochastic policy cannot act in {space}. It acts in Discrete, MultiDiscrete, MultiBinary and Box spaces; flatten the space to one of these in a wrapper."),
    };

    /// <summary>Free parameters beside the network (the Gaussian's log standard deviations), 0 if none.</summary>
    public virtual int FreeParameters => 0;

    /// <summary>What the free parameters start as, given the log standard deviation that was asked for.</summary>
    public virtual float InitialFree(double logStandardDeviation) => (float)logStandardDeviation;

    /// <summary>How the most likely action is read from the outputs.</summary>
    /// <exception cref="UsageException">It has no description.</exception>
    public virtual PolicyReadout Readout => throw new UsageException("This distribution of actions cannot be exported. Train with distribution=gaussian or tanhGaussian.");

    /// <summary>Draws an action, or writes the most likely one if <paramref name="random"/> is null.</summary>
    public abstract void Act(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, RandomStream? random, Span<float> action);

    /// <summary>Draws an action of one copy while data is collected, with noise that may last for several steps.</summary>
    public virtual void Explore(int copy, ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, RandomStream random, Span<float> action) =>
        Act(outputs, free, random, action);

    /// <summary>Draws anew the noise that lasts for several steps, of every copy.</summary>
    public virtual void DrawNoise(int copies, ReadOnlySpan<float> free, RandomStream random) { }

    /// <summary>log pi(action).</summary>
    public abstract float LogProbability(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action);

    /// <summary>Entropy of the distribution, nats.</summary>
    public abstract float Entropy(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free);

    /// <summary>Adds the gradient of w1 log pi(action) + w2 entropy with respect to the outputs and the free parameters.</summary>
    public abstract void AddGradient(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action,
        float logProbabilityWeight, float entropyWeight, Span<float> outputGradient, Span<float> freeGradient);

    /// <summary>As <see cref="Explore"/>, and log pi(action).</summary>
    public virtual float ExploreAndScore(int copy, ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, RandomStream random, Span<float> action)
    {
        Explore(copy, outputs, free, random, action);
        return LogProbability(outputs, free, action);
    }

    /// <summary>log pi(action) and the entropy of every row; what it computes on the way serves the <see cref="AddGradients"/> that follows.</summary>
    /// <param name="outputs">[rows, <see cref="Outputs"/>].</param>
    /// <param name="free">The free parameters.</param>
    /// <param name="actions">[rows, <see cref="ActionSize"/>].</param>
    /// <param name="logProbabilities">[rows], written.</param>
    /// <param name="entropies">[rows], written.</param>
    public virtual void Score(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> actions, Span<float> logProbabilities, Span<float> entropies)
    {
        for (var i = 0; i < logProbabilities.Length; i++)
        {
            var row = outputs.Slice(i * Outputs, Outputs);
            logProbabilities[i] = LogProbability(row, free, actions.Slice(i * ActionSize, ActionSize));
            entropies[i] = Entropy(row, free);
        }
    }

    /// <summary>As <see cref="AddGradient"/> for the rows that were scored last, each with a weight w1 of its own.</summary>
    /// <param name="outputs">[rows, <see cref="Outputs"/>], unchanged since <see cref="Score"/>.</param>
    /// <param name="free">The free parameters.</param>
    /// <param name="actions">[rows, <see cref="ActionSize"/>].</param>
    /// <param name="logProbabilityWeights">[rows]: w1.</param>
    /// <param name="entropyWeight">w2.</param>
    /// <param name="outputGradients">[rows, <see cref="Outputs"/>], added to.</param>
    /// <param name="freeGradient">Added to.</param>
    public virtual void AddGradients(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> actions,
        ReadOnlySpan<float> logProbabilityWeights, float entropyWeight, Span<float> outputGradients, Span<float> freeGradient)
    {
        for (var i = 0; i < logProbabilityWeights.Length; i++)
        {
            AddGradient(outputs.Slice(i * Outputs, Outputs), free, actions.Slice(i * ActionSize, ActionSize), logProbabilityWeights[i], entropyWeight,
                outputGradients.Slice(i * Outputs, Outputs), freeGradient);
        }
    }

    /// <summary>Sets the outputs of unavailable actions so low that they are never drawn.</summary>
    public virtual void Mask(Span<float> outputs, ReadOnlySpan<bool> available) =>
        throw new UsageException("Action masks need discrete actions; this environment's are continuous. Remove the mask from the environment.");

    /// <summary>Turns a stored action into an element of the environment's action space.</summary>
    public abstract void ToEnvironment(ReadOnlySpan<float> action, Span<float> element);
}
