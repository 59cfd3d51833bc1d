using Bellman.Neural;

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

    private sealed class CategoricalHead(int[] counts) : ActionHead
    {
        private readonly float[] logProbabilities = new float[counts.Max()];

        public override int Outputs { get; } = counts.Sum();

        public override int ActionSize => counts.Length;

        public override void Act(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, RandomStream? random, Span<float> action)
        {
            for (var i = 0; i < counts.Length; i++)
            {
                var logits = outputs[..counts[i]];
                action[i] = random is null ? Categorical.Mode(logits) : Categorical.Sample(logits, random);
                outputs = outputs[counts[i]..];
            }
        }

        public override float LogProbability(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action)
        {
            var sum = 0f;
            for (var i = 0; i < counts.Length; i++)
            {
                sum += Categorical.LogProbability(outputs[..counts[i]], (int)action[i]);
                outputs = outputs[counts[i]..];
            }
            return sum;
        }

        public override float Entropy(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free)
        {
            var sum = 0f;
            foreach (var count in counts)
            {
                sum += Categorical.Entropy(outputs[..count]);
                outputs = outputs[count..];
            }
            return sum;
        }

        public override void AddGradient(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action,
            float logProbabilityWeight, float entropyWeight, Span<float> outputGradient, Span<float> freeGradient)
        {
            for (var i = 0; i < counts.Length; i++)
            {
                var row = logProbabilities.AsSpan(0, counts[i]);
                Categorical.LogSoftmax(outputs[..counts[i]], row);
                Categorical.AddGradient(row, (int)action[i], logProbabilityWeight, entropyWeight, outputGradient[..counts[i]]);
                outputs = outputs[counts[i]..];
                outputGradient = outputGradient[counts[i]..];
            }
        }

        public override void Mask(Span<float> outputs, ReadOnlySpan<bool> available)
        {
            foreach (var count in counts)
            {
                Categorical.Mask(outputs[..count], available[..count]);
                outputs = outputs[count..];
                available = available[count..];
            }
        }

        public override void ToEnvironment(ReadOnlySpan<float> action, Span<float> element) => action.CopyTo(element);
    }

    /// <summary>Actions live in [-1, 1] inside the algorithm and are rescaled to a bounded Box; drawn outside, they are clipped.</summary>
    private sealed class GaussianHead(Box box) : ActionHead
    {
        public override int Outputs => box.Size;

        public override int ActionSize => box.Size;

        public override int FreeParameters => box.Size;

        public override void Act(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, RandomStream? random, Span<float> action)
        {
            if (random is null) { outputs.CopyTo(action); } else { DiagonalGaussian.Sample(outputs, free, random, action); }
        }

        public override float LogProbability(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action) =>
            DiagonalGaussian.LogProbability(outputs, free, action);

        public override float Entropy(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free) => DiagonalGaussian.Entropy(free);

        public override void AddGradient(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action,
            float logProbabilityWeight, float entropyWeight, Span<float> outputGradient, Span<float> freeGradient) =>
            DiagonalGaussian.AddGradient(outputs, free, action, logProbabilityWeight, entropyWeight, outputGradient, freeGradient);

        public override void ToEnvironment(ReadOnlySpan<float> action, Span<float> element)
        {
            for (var i = 0; i < element.Length; i++)
            {
                var (low, high) = (box.Low[i], box.High[i]);
                element[i] = float.IsFinite(low) && float.IsFinite(high)
                    ? Math.Clamp(low + (action[i] + 1) * 0.5f * (high - low), low, high)
                    : Math.Clamp(action[i], low, high);
            }
        }
    }
}
