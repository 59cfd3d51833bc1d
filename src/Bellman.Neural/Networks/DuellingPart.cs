namespace Bellman.Neural;

/// <summary>
/// Duelling heads (Wang et al. 2016, eq. 9) over the same inputs: Q(a) = V + A(a) - mean_b A(b), componentwise where a
/// value is a distribution of several numbers.
/// </summary>
/// <param name="Name">Unique in its group.</param>
/// <param name="Value">Writes V; as many numbers as a value has. Its name begins with <paramref name="Name"/>.</param>
/// <param name="Advantage">Writes A, [actions, numbers of a value]. Its name begins with <paramref name="Name"/>.</param>
public sealed record DuellingPart(string Name, NetworkPart Value, NetworkPart Advantage) : NetworkPart(Name)
{
    /// <inheritdoc/>
    public override int Inputs => Value.Inputs;

    /// <inheritdoc/>
    public override int Outputs => Advantage.Outputs;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Parameters() => Value.Parameters().Concat(Advantage.Parameters());

    /// <inheritdoc/>
    public override void Initialize(ParameterBuffer parameters, RandomStream random)
    {
        Value.Initialize(parameters, random);
        Advantage.Initialize(parameters, random);
    }

    /// <inheritdoc/>
    public override INetwork? Build(ParameterBuffer parameters, NetworkContext context)
    {
        if (Value.Build(parameters, context) is not { } value || Advantage.Build(parameters, context) is not { } advantage)
        {
            throw new UsageException($"Both heads of '{Name}' must be networks.");
        }
        return value.Inputs == advantage.Inputs && advantage.Outputs % value.Outputs == 0
            ? new DuellingNetwork(value, advantage)
            : throw new UsageException(
                $"In '{Name}', the heads read {value.Inputs} and {advantage.Inputs} numbers and write {value.Outputs} and {advantage.Outputs}; " +
                "they must read the same, and advantages must be whole multiples of a value.");
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        Value.Validate();
        Advantage.Validate();
    }
}

/// <inheritdoc cref="DuellingPart"/>
internal sealed class DuellingNetwork(INetwork value, INetwork advantage) : INoisyNetwork, IDescribedNetwork
{
    private readonly int width = value.Outputs;
    private readonly int actions = advantage.Outputs / value.Outputs;
    private float[] values = [];
    private float[] inputScratch = [];

    public int Inputs => value.Inputs;

    public int Outputs => advantage.Outputs;

    public ParameterBuffer Parameters => value.Parameters;

    public NetworkDescription? Describe() => NetworkChain.Of([value, advantage]) is { Links: [var v, var a] } ? new DuellingHeads(v, a, width, actions) : null;

    public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        value.Forward(inputs, batch, Values(batch));
        advantage.Forward(inputs, batch, outputs);
        Combine(batch, outputs);
    }

    public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        value.ForwardTraining(inputs, batch, Values(batch));
        advantage.ForwardTraining(inputs, batch, outputs);
        Combine(batch, outputs);
    }

    public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true)
    {
        // dQ(a)/dV = 1 and dQ(a)/dA(b) = [a = b] - 1/actions
        var valueGradients = Values(batch);
        var advantageGradients = new Span<float>(values, batch * width, batch * Outputs);
        for (var row = 0; row < batch; row++)
        {
            var gradient = outputGradients.Slice(row * Outputs, Outputs);
            for (var j = 0; j < width; j++)
            {
                var sum = 0f;
                for (var action = 0; action < actions; action++) { sum += gradient[action * width + j]; }
                valueGradients[row * width + j] = sum;
                for (var action = 0; action < actions; action++)
                {
                    advantageGradients[row * Outputs + action * width + j] = gradient[action * width + j] - sum / actions;
                }
            }
        }
        value.Backward(valueGradients, batch, inputGradients, parameterGradients);
        if (inputGradients.IsEmpty)
        {
            advantage.Backward(advantageGradients, batch, default, parameterGradients);
            return;
        }
        var fromAdvantage = Scratch.Sized(ref inputScratch, inputGradients.Length);
        advantage.Backward(advantageGradients, batch, fromAdvantage, parameterGradients);
        VectorKernels.Active.Add(inputGradients, fromAdvantage);
    }

    public void DrawNoise(RandomStream random)
    {
        (value as INoisyNetwork)?.DrawNoise(random);
        (advantage as INoisyNetwork)?.DrawNoise(random);
    }

    public void SilenceNoise()
    {
        (value as INoisyNetwork)?.SilenceNoise();
        (advantage as INoisyNetwork)?.SilenceNoise();
    }

    public void Dispose()
    {
        value.Dispose();
        advantage.Dispose();
    }

    /// <summary>Q(a) = V + A(a) - mean_b A(b), where the advantages stand.</summary>
    private void Combine(int batch, Span<float> outputs)
    {
        for (var row = 0; row < batch; row++)
        {
            var advantages = outputs.Slice(row * Outputs, Outputs);
            for (var j = 0; j < width; j++)
            {
                var sum = 0f;
                for (var action = 0; action < actions; action++) { sum += advantages[action * width + j]; }
                var shift = values[row * width + j] - sum / actions;
                for (var action = 0; action < actions; action++) { advantages[action * width + j] += shift; }
            }
        }
    }

    /// <summary>[batch, width], with room for the gradient of the advantages behind it.</summary>
    private Span<float> Values(int batch)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        return Scratch.Sized(ref values, batch * (width + Outputs))[..(batch * width)];
    }
}
