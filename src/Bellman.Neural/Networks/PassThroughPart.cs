namespace Bellman.Neural;

/// <summary>Writes what another network makes of its inputs, followed by the inputs themselves.</summary>
/// <param name="Inner">The other one; its parameters keep their names.</param>
public sealed record PassThroughPart(NetworkPart Inner) : NetworkPart(Inner.Name)
{
    /// <inheritdoc/>
    public override int Inputs => Inner.Inputs;

    /// <inheritdoc/>
    public override int Outputs => Inner.Outputs + Inner.Inputs;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Parameters() => Inner.Parameters();

    /// <inheritdoc/>
    public override void Initialize(ParameterBuffer parameters, RandomStream random) => Inner.Initialize(parameters, random);

    /// <inheritdoc/>
    public override INetwork? Build(ParameterBuffer parameters, NetworkContext context) => Inner.Build(parameters, context) is { } inner ? new PassThroughNetwork(inner) : null;

    /// <inheritdoc/>
    public override void Validate() => Inner.Validate();
}

/// <summary>The network of a <see cref="PassThroughPart"/>.</summary>
internal sealed class PassThroughNetwork(INetwork inner) : INetwork
{
    private float[] rows = [];

    public int Inputs => inner.Inputs;

    public int Outputs => inner.Outputs + inner.Inputs;

    public ParameterBuffer Parameters => inner.Parameters;

    public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        var own = Rows(batch);
        inner.Forward(inputs, batch, own);
        Join(own, inputs, batch, outputs);
    }

    public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        var own = Rows(batch);
        inner.ForwardTraining(inputs, batch, own);
        Join(own, inputs, batch, outputs);
    }

    public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true)
    {
        var own = Rows(batch);
        for (var row = 0; row < batch; row++) { outputGradients.Slice(row * Outputs, inner.Outputs).CopyTo(own[(row * inner.Outputs)..]); }
        inner.Backward(own, batch, inputGradients, parameterGradients);
        if (inputGradients.IsEmpty) { return; }
        for (var row = 0; row < batch; row++)
        {
            var passed = outputGradients.Slice(row * Outputs + inner.Outputs, Inputs);
            for (var k = 0; k < Inputs; k++) { inputGradients[row * Inputs + k] += passed[k]; }
        }
    }

    public void Dispose() => inner.Dispose();

    private Span<float> Rows(int batch) => Scratch.Sized(ref rows, batch * inner.Outputs);

    private void Join(ReadOnlySpan<float> own, ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        for (var row = 0; row < batch; row++)
        {
            own.Slice(row * inner.Outputs, inner.Outputs).CopyTo(outputs[(row * Outputs)..]);
            inputs.Slice(row * Inputs, Inputs).CopyTo(outputs[(row * Outputs + inner.Outputs)..]);
        }
    }
}
