namespace Bellman.Neural;

/// <summary>An MLP in torch operations.</summary>
internal sealed class TorchNetwork : INetwork
{
    public TorchNetwork(DenseLayout[] layers, ParameterBuffer parameters, int threads)
    {
        _ = threads;
        Inputs = layers[0].Inputs;
        Outputs = layers[^1].Outputs;
        Parameters = parameters;
    }

    public int Inputs { get; }

    public int Outputs { get; }

    public ParameterBuffer Parameters { get; }

    public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs) => throw new NotSupportedException("The torch engine is not built yet; use Engine.Simd.");

    public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs) => Forward(inputs, batch, outputs);

    public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true) =>
        throw new NotSupportedException("The torch engine is not built yet; use Engine.Simd.");

    public void Dispose()
    {
    }
}
