namespace Bellman.Neural;

/// <summary>One network after another: the outputs of the first are the inputs of the second.</summary>
/// <param name="Name">Unique in its group.</param>
/// <param name="First">Its name begins with <paramref name="Name"/>.</param>
/// <param name="Second">Its name begins with <paramref name="Name"/>.</param>
public sealed record SequentialPart(string Name, NetworkPart First, NetworkPart Second) : NetworkPart(Name)
{
    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Parameters() => First.Parameters().Concat(Second.Parameters());

    /// <inheritdoc/>
    public override void Initialize(ParameterBuffer parameters, RandomStream random)
    {
        First.Initialize(parameters, random);
        Second.Initialize(parameters, random);
    }

    /// <inheritdoc/>
    public override INetwork? Build(ParameterBuffer parameters, NetworkContext context)
    {
        if (First.Build(parameters, context) is not { } first || Second.Build(parameters, context) is not { } second)
        {
            throw new UsageException($"Both parts of '{Name}' must be networks.");
        }
        return first.Outputs == second.Inputs
            ? new SequentialNetwork(first, second)
            : throw new UsageException($"In '{Name}', the first network writes {first.Outputs} numbers and the second reads {second.Inputs}; they must be equal.");
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        First.Validate();
        Second.Validate();
    }
}

/// <inheritdoc cref="SequentialPart"/>
internal sealed class SequentialNetwork(INetwork first, INetwork second) : INoisyNetwork
{
    private float[] between = [];
    private float[] betweenGradients = [];

    public int Inputs => first.Inputs;

    public int Outputs => second.Outputs;

    public ParameterBuffer Parameters => first.Parameters;

    public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        first.Forward(inputs, batch, Between(batch));
        second.Forward(Between(batch), batch, outputs);
    }

    public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        first.ForwardTraining(inputs, batch, Between(batch));
        second.ForwardTraining(Between(batch), batch, outputs);
    }

    public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        Between(batch);
        var gradients = betweenGradients.AsSpan(0, batch * second.Inputs);
        second.Backward(outputGradients, batch, gradients, parameterGradients);
        first.Backward(gradients, batch, inputGradients, parameterGradients);
    }

    public void DrawNoise(RandomStream random)
    {
        (first as INoisyNetwork)?.DrawNoise(random);
        (second as INoisyNetwork)?.DrawNoise(random);
    }

    public void SilenceNoise()
    {
        (first as INoisyNetwork)?.SilenceNoise();
        (second as INoisyNetwork)?.SilenceNoise();
    }

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }

    private Span<float> Between(int batch)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        if (between.Length < batch * second.Inputs)
        {
            between = new float[batch * second.Inputs];
            betweenGradients = new float[batch * second.Inputs];
        }
        return between.AsSpan(0, batch * second.Inputs);
    }
}
